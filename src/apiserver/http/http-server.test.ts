import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import type { ExecOptions, ExecSession, PodStreams } from '../../kube/index.ts';
import { silentLogger, systemClock, systemIds } from '../../lib/index.ts';
import { type ApiServer, createApiServer } from '../index.ts';

const KUBECTL = '/usr/lib/google-cloud-sdk/bin/kubectl.1.32';
const withKubectl = { skip: !existsSync(KUBECTL) };
const run = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), 'skiff-https-'));
const web = createServer((request, response) => response.end(`${request.method} ${request.url}`));
let server: ApiServer;
let port: number;

/** A command that says its arguments, echoes its input and ends with 3. */
function echo(o: ExecOptions): ExecSession {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const exit = Promise.withResolvers<{ exitCode: number }>();
  stdout.write(`${o.command.join(' ')}\n`);
  if (o.stdin) stdin.pipe(stdout);
  else stdout.end();
  stdout.on('end', () => exit.resolve({ exitCode: 3 }));
  return { stdin, stdout, resize() {}, kill() {}, exit: exit.promise };
}
const streams: PodStreams = {
  async log() {
    return (async function* () {
      yield Buffer.from('line 1\nline 2\n');
    })();
  },
  exec: async (_pod, o) => echo(o),
  attach: async (_pod, o) => echo({ ...o, command: ['attached'] }),
  dial: async () => connect((web.address() as AddressInfo).port, '127.0.0.1'),
};
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'x' }] },
};

before(async () => {
  await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve));
  server = await createApiServer({
    home,
    clock: systemClock,
    ids: systemIds,
    log: silentLogger,
    streams: () => streams,
    admissions: [],
    crds: [],
    bootstrap: [],
    serverNames: [],
  });
  ({ port } = await server.listen({ host: '127.0.0.1', port: 0 }));
  const { code } = await server.transport.request({
    method: 'POST',
    path: '/api/v1/namespaces/default/pods',
    object: pod,
    user: { username: 'a', groups: ['system:masters'] },
  });
  assert.equal(code, 201);
  await server.transport.request({
    method: 'PATCH',
    path: '/api/v1/namespaces/default/pods/p/status',
    object: { status: { phase: 'Running' } },
    headers: { 'content-type': 'application/merge-patch+json' },
    user: { username: 'a', groups: ['system:masters'] },
  });
});
after(async () => {
  await server.close();
  web.close();
  rmSync(home, { recursive: true });
});

async function call(
  method: string,
  path: string,
  o: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ code: number; text: string }> {
  const body = typeof o.body === 'string' ? o.body : o.body === undefined ? undefined : JSON.stringify(o.body);
  const headers = {
    ...(o.token === '' ? {} : { authorization: `Bearer ${o.token ?? server.ownerToken}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    ...o.headers,
  };
  return await new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: '127.0.0.1', port, path, method, headers, ca: server.ca, agent: false },
      async response => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ code: response.statusCode!, text: Buffer.concat(chunks).toString() });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
const kubectl = (...args: string[]) =>
  run(KUBECTL, ['--kubeconfig', server.kubeconfigPath, '--cache-dir', join(home, 'cache'), ...args], { timeout: 20_000 });

test('answers the same bytes over HTTPS and in process', async () => {
  const user = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
  const paths = [
    '/api',
    '/apis',
    '/api/v1',
    '/apis/apps/v1',
    '/version',
    '/api/v1/namespaces',
    '/api/v1/namespaces/default',
    '/api/v1/namespaces/default/pods/none',
    '/apis/nope/v1/x',
    '/api/v1/nope',
    '/api/v1/pods?fieldSelector=no.such=1',
    '/api/v1/pods?labelSelector=a%20b',
    '/apis/apps/v1/deployments?resourceVersionMatch=Exact',
  ];
  for (const path of paths) {
    const [pathname, query] = path.split('?');
    const inside = await server.transport.request({
      method: 'GET',
      path: pathname!,
      query: new URLSearchParams(query),
      user,
      headers: { accept: 'application/json' },
    });
    const chunks: Uint8Array[] = [];
    const bytes = inside.bytes!();
    if (bytes instanceof Uint8Array) chunks.push(bytes);
    else for await (const chunk of bytes) chunks.push(chunk);
    const outside = await call('GET', path, { headers: { accept: 'application/json' } });
    assert.deepEqual([outside.code, outside.text], [inside.code, Buffer.concat(chunks).toString()], path);
  }
});

test('lets nobody in without credentials, but for health and version', async () => {
  assert.equal((await call('GET', '/api/v1/pods', { token: '' })).code, 401);
  assert.equal((await call('GET', '/api/v1/pods', { token: 'wrong' })).code, 401);
  assert.equal((await call('GET', '/readyz', { token: '' })).text, 'ok');
  assert.equal(readFileSync(join(home, 'token'), 'utf8'), server.ownerToken);
});

test('lets a service account do what its role says, while it lives', async () => {
  await call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'bob' } } });
  const { token } = await server.issueToken({ namespace: 'default', name: 'bob' });
  const denied = await call('GET', '/api/v1/namespaces/default/pods', { token });
  assert.equal(
    JSON.parse(denied.text).message,
    'pods is forbidden: User "system:serviceaccount:default:bob" cannot list resource "pods" in API group "" in the namespace "default"',
  );
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
  await call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
    body: { metadata: { name: 'b' }, roleRef, subjects: [{ kind: 'ServiceAccount', name: 'bob', namespace: 'default' }] },
  });
  assert.equal((await call('GET', '/api/v1/namespaces/default/pods', { token })).code, 200);
  assert.equal((await call('GET', '/api/v1/namespaces/default/secrets', { token })).code, 403);
  const grab = await call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    token,
    body: { metadata: { name: 'x' }, roleRef, subjects: [] },
  });
  assert.equal(grab.code, 403);
  await call('DELETE', '/api/v1/namespaces/default/serviceaccounts/bob');
  assert.equal((await call('GET', '/api/v1/namespaces/default/pods', { token })).code, 401);
});

test('answers every bad input with a status below 500', async () => {
  const bad: [string, string, unknown?][] = [
    ['POST', '/api/v1/namespaces/default/pods', '{'],
    ['POST', '/api/v1/namespaces/default/pods', '[]'],
    ['POST', '/api/v1/namespaces/default/pods', { metadata: 5 }],
    ['POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'q', labels: 7 } }],
    ['POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'q' }, spec: { containers: 'x' } }],
    ['POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'q', finalizers: 'x' } }],
    ['POST', '/api/v1/namespaces/default/services', { metadata: { name: 'q' } }],
    ['POST', '/apis/batch/v1/namespaces/default/jobs', { metadata: { name: 'q' } }],
    ['POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata: { name: 'q' }, spec: { versions: [{}] } }],
    [
      'POST',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      {
        metadata: { name: 'qs.a.b' },
        spec: {
          group: 'a.b',
          scope: 'Cluster',
          names: { plural: 'qs', kind: 'Q' },
          versions: [{ name: 'v1', storage: true, served: true }],
        },
      },
    ],
    ['POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'q' } }],
    ['PUT', '/api/v1/namespaces/default/pods/p', { metadata: { name: 'other' } }],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {}],
    ['GET', '/api/v1/namespaces/%E0%A4%A/pods'],
    ['GET', '/api/v1/pods?continue=xyz'],
    ['GET', '/api/v1/pods?limit=-x'],
    ['DELETE', '/api/v1/namespaces/default/pods/p', { kind: 'Pod' }],
    ['GET', '/api/v1/namespaces/default/services/a:b:c:d/proxy/'],
    ['GET', '/api/v1/namespaces/default/pods/p/exec?command=x&stdout=1'],
  ];
  for (const [method, path, body] of bad) {
    const { code, text } = await call(method, path, { body });
    assert.ok(code >= 400 && code < 500, `${method} ${path} ${JSON.stringify(body)}: ${code} ${text}`);
  }
});

test('proxies to a Pod', async () => {
  const { code, text } = await call('GET', '/api/v1/namespaces/default/pods/http:p:8080/proxy/a/b?c=1');
  assert.deepEqual([code, text], [200, 'GET /a/b?c=1']);
});

test('kubectl: version, api-resources, get, apply, patch, delete, tokens, can-i, explain', withKubectl, async () => {
  assert.match((await kubectl('version')).stdout, /Server Version: v1\.32/);
  assert.match((await kubectl('api-resources')).stdout, /deployments +deploy +apps\/v1 +true +Deployment/);
  assert.match((await kubectl('get', 'pods')).stdout, /NAME +READY +STATUS +RESTARTS +AGE\np +0\/1 +Running/);
  await kubectl('create', 'configmap', 'k', '--from-literal=a=1');
  await kubectl('patch', 'configmap', 'k', '-p', '{"data":{"b":"2"}}');
  assert.equal((await kubectl('get', 'cm', 'k', '-o', 'jsonpath={.data.b}')).stdout, '2');
  assert.match((await kubectl('delete', 'configmap', 'k')).stdout, /deleted/);
  await kubectl('create', 'serviceaccount', 'kate');
  assert.match((await kubectl('create', 'token', 'kate')).stdout, /^eyJ/);
  assert.match((await kubectl('auth', 'can-i', 'create', 'pods')).stdout, /yes/);
  assert.match((await kubectl('explain', 'pod.spec.containers.image')).stdout, /image <string>/);
  assert.equal((await kubectl('logs', 'p')).stdout, 'line 1\nline 2\n');
});

for (const websockets of ['true', 'false']) {
  const env = { ...process.env, KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets, KUBECTL_PORT_FORWARD_WEBSOCKETS: websockets };
  const options = () => ['--kubeconfig', server.kubeconfigPath, '--cache-dir', join(home, 'cache')];

  test(`kubectl exec hands over input, output and the exit code (WebSocket ${websockets})`, withKubectl, async () => {
    const child = spawn(KUBECTL, [...options(), 'exec', '-i', 'p', '--', 'say', 'hi'], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 10_000,
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stdin.end('from stdin');
    const code = await new Promise(resolve => child.on('close', resolve));
    assert.deepEqual([out, code], ['say hi\nfrom stdin', 3]);
  });

  test(`kubectl port-forward carries requests (WebSocket ${websockets})`, withKubectl, async () => {
    const child = spawn(KUBECTL, [...options(), 'port-forward', 'pod/p', ':80'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 15_000,
    });
    const closed = new Promise(resolve => child.on('close', resolve));
    try {
      const local = await new Promise<number>((resolve, reject) => {
        child.stdout.on('data', (chunk: Buffer) => {
          const found = /127\.0\.0\.1:(\d+)/.exec(chunk.toString());
          if (found) resolve(Number(found[1]));
        });
        child.on('close', () => reject(new Error('kubectl ended')));
      });
      for (const path of ['/one', '/two']) {
        const text = await new Promise<string>((resolve, reject) => {
          httpRequest({ port: local, host: '127.0.0.1', path, agent: false }, response =>
            response.on('data', (chunk: Buffer) => resolve(chunk.toString())),
          )
            .on('error', reject)
            .end();
        });
        assert.equal(text, `GET ${path}`);
      }
    } finally {
      child.kill();
      await closed;
    }
  });
}
