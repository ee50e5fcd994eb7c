import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Client, type Frozen, type Obj, type Runner, startControllers, type Write } from '../kube/index.ts';
import { MemoryApi } from '../kube/testing/memory-client.ts';
import { silentLogger, systemClock, systemIds } from '../lib/index.ts';
import type { Container, Pod, PodSpec } from './agent/pod.ts';
import { createNode, type SkiffNode } from './index.ts';
import { openRuntime } from './runtimes/index.ts';

// Real Pods: the agent over the real runtime and an API in memory.
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const api = new MemoryApi();
let home: string;
let node: SkiffNode;
let runner: Runner;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'skiff-pods-'));
  const common = { clock: systemClock, log: silentLogger };
  const runtime = await openRuntime({ home, ids: systemIds, ...common });
  const client = withTokens(api.client());
  node = await createNode({
    ...common,
    home,
    nodeName: 'skiff',
    runtime,
    client,
    ids: systemIds,
    stageDir: async id => join(home, 'stages', id),
    hostEnv: existsSync(CERTIFICATES) ? { PIP_CERT: CERTIFICATES, SSL_CERT_FILE: CERTIFICATES } : {},
    durable: async () => {},
    apiServiceIP: '10.96.0.1',
    backoff: { baseMs: 20, maxMs: 100, resetAfterMs: 600_000 },
  });
  await node.start();
  runner = startControllers({ ...common, client, ...node });
  await runner.synced();
});
after(async () => {
  for (const pod of api.list('v1/Pod') as Frozen<Pod>[]) await remove(pod.metadata.name);
  await runner.stop();
  await node.close();
  await rm(home, { recursive: true, force: true });
});

/** The API in memory knows no tokens: this one issues them. */
function withTokens(client: Client): Client {
  return new Proxy(client, {
    get(target, key) {
      if (key === 'as') return (...a: Parameters<Client['as']>) => withTokens(target.as(...a));
      if (key !== 'write') return Reflect.get(target, key).bind?.(target) ?? Reflect.get(target, key);
      return (w: Write) =>
        w.verb === 'post' ? Promise.resolve({ status: { token: `token of ${w.ref.name}` } }) : target.write(w);
    },
  });
}
let count = 0;
function create(spec: Partial<PodSpec>): string {
  const name = `p${++count}`;
  const full = { nodeName: 'skiff', restartPolicy: 'Never', terminationGracePeriodSeconds: 5, containers: [], ...spec };
  api.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns', uid: `uid-${name}` }, spec: full } as Obj);
  return name;
}
const main = (script: string, more: Partial<Container> = {}): Container => ({
  name: 'main',
  image: 'alpine',
  command: ['sh', '-c', script],
  ...more,
});
const podOf = (name: string) => api.list('v1/Pod').find(p => p.metadata.name === name) as Frozen<Pod> | undefined;
async function until(
  name: string,
  what: string,
  holds: (pod: Frozen<Pod> | undefined) => boolean,
  limitMs = 10_000,
): Promise<Frozen<Pod>> {
  const endMs = systemClock.monotonicMs() + limitMs;
  while (!holds(podOf(name))) {
    if (systemClock.monotonicMs() > endMs) assert.fail(`${name} never ${what}: ${JSON.stringify(podOf(name)?.status, null, 1)}`);
    await systemClock.sleep(2);
  }
  return podOf(name)!;
}
const ended = (name: string, limitMs?: number) =>
  until(name, 'ended', p => p?.status?.phase === 'Succeeded' || p?.status?.phase === 'Failed', limitMs);
const running = (name: string) => until(name, 'ran', p => p?.status?.phase === 'Running');
async function log(name: string, options = {}): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await node.streams.log(podOf(name)!, options, new AbortController().signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
async function remove(name: string): Promise<void> {
  const { metadata, ...rest } = podOf(name)! as Pod;
  const seconds = 2;
  const at = new Date(systemClock.now().getTime() + seconds * 1000).toISOString();
  api.put({ ...rest, metadata: { ...metadata, deletionTimestamp: at, deletionGracePeriodSeconds: seconds } });
  await until(name, 'went', p => p === undefined && !existsSync(join(home, 'pods', `uid-${name}`)));
}

test('runs a command, keeps its log and its exit code', async () => {
  const name = create({ containers: [main('echo out; echo err >&2; printf why > /dev/termination-log; exit 3')] });
  const { status } = await ended(name);
  assert.equal(status!.phase, 'Failed');
  const { exitCode, message, reason } = status!.containerStatuses![0]!.state.terminated!;
  assert.deepEqual({ exitCode, message, reason }, { exitCode: 3, message: 'why', reason: 'Error' });
  assert.deepEqual((await log(name)).split('\n').sort(), ['', 'err', 'out']);
  assert.equal(await log(name, { stream: 'Stderr' }), 'err\n');
});

test('takes the end of the log as message when asked', async () => {
  const name = create({
    containers: [main('echo first; echo last; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' })],
  });
  assert.equal((await ended(name)).status!.containerStatuses![0]!.state.terminated!.message, 'first\nlast\n');
});

test('shows volumes: ConfigMap, Secret, token, downward API, shared emptyDir', async () => {
  api.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'ns' }, data: { k: 'from-config' } } as Obj);
  api.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'ns' },
    data: { k: btoa('from-secret') },
  } as Obj);
  const script =
    'cat /c/k /s/k /var/run/secrets/kubernetes.io/serviceaccount/token /info/name /shared/f; readlink /c/k; touch /c/x || echo read-only';
  const name = create({
    initContainers: [
      { ...main('printf " from-init " > /shared/f'), name: 'first', volumeMounts: [{ name: 'e', mountPath: '/shared' }] },
    ],
    containers: [
      main(script, {
        volumeMounts: [
          { name: 'c', mountPath: '/c' },
          { name: 's', mountPath: '/s' },
          { name: 't', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
          { name: 'd', mountPath: '/info' },
          { name: 'e', mountPath: '/shared' },
        ],
      }),
    ],
    volumes: [
      { name: 'c', configMap: { name: 'c' } },
      { name: 's', secret: { secretName: 's', defaultMode: 0o400 } },
      { name: 't', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      { name: 'd', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { name: 'e', emptyDir: {} },
    ],
  });
  const pod = await ended(name);
  assert.equal(pod.status!.phase, 'Succeeded', JSON.stringify(pod.status));
  const text = await log(name, { container: 'main' });
  assert.ok(text.startsWith(`from-configfrom-secrettoken of default${name} from-init ..data/k\n`), text);
  assert.ok(text.endsWith('read-only\n'), text);
});

test('gives the Pod its address, name and environment', async () => {
  const env = [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }];
  const name = create({ containers: [main('echo $IP $(hostname) $KUBERNETES_SERVICE_HOST; getent hosts $(hostname)', { env })] });
  const { status } = await ended(name);
  const [first, second] = (await log(name)).split('\n');
  assert.equal(first, `${status!.podIP} ${name} 10.96.0.1`);
  assert.ok(second!.startsWith(status!.podIP!), second);
});

test('restarts what fails, and the earlier log is kept', async () => {
  const script = 'echo attempt; [ -e /e/ok ] && exit 0; touch /e/ok; exit 1';
  const name = create({
    restartPolicy: 'OnFailure',
    containers: [main(script, { volumeMounts: [{ name: 'e', mountPath: '/e' }] })],
    volumes: [{ name: 'e', emptyDir: {} }],
  });
  const { status } = await ended(name);
  const [main0] = status!.containerStatuses!;
  assert.equal(main0!.restartCount, 1);
  assert.equal(main0!.lastState.terminated?.exitCode, 1);
  assert.equal(await log(name, { previous: true }), 'attempt\n');
});

test('is ready when it answers, can be dialed, exec’d into, and stops on TERM', async () => {
  const server = 'import http.server as h; h.HTTPServer(("", 8080), h.SimpleHTTPRequestHandler).serve_forever()';
  const name = create({
    restartPolicy: 'Always',
    containers: [
      {
        name: 'main',
        image: 'python:3.11',
        command: ['python3', '-uc', server],
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: { httpGet: { port: 'http', path: '/' } },
      },
    ],
  });
  const ready = await until(name, 'was ready', p => p?.status?.containerStatuses?.[0]?.ready === true, 60_000);
  const socket = await node.streams.dial(ready, 8080);
  socket.write('GET / HTTP/1.0\r\n\r\n');
  const [chunk] = await Array.fromAsync(socket.take(1) as AsyncIterable<Buffer>);
  assert.match(chunk!.toString(), /^HTTP\/1\.0 200/);
  const session = await node.streams.exec(ready, {
    command: ['sh', '-c', 'echo inside; exit 4'],
    stdin: false,
    stdout: true,
    stderr: true,
    tty: false,
  });
  const output = Buffer.concat(await Array.fromAsync(session.stdout! as AsyncIterable<Buffer>)).toString();
  assert.equal(output, 'inside\n');
  assert.deepEqual(await session.exit, { exitCode: 4 });
  await remove(name);
});

test('stops sidecars after the main container', async () => {
  const name = create({
    initContainers: [
      { ...main('trap "echo bye; exit 0" TERM; while :; do sleep 0.05; done'), name: 'side', restartPolicy: 'Always' },
    ],
    containers: [main('exit 0')],
  });
  assert.equal((await ended(name)).status!.phase, 'Succeeded');
  assert.equal(await log(name, { container: 'side' }), 'bye\n');
});

test('follows a log to its end', async () => {
  const name = create({ containers: [main('for i in 1 2 3; do echo $i; sleep 0.05; done')] });
  await running(name);
  assert.equal(await log(name, { follow: true }), '1\n2\n3\n');
  assert.equal(await log(name, { tailLines: 2 }), '2\n3\n');
});

const ENSURE = 'if ! [ -x "$(command -v pip)" ]; then\n    python3 -m ensurepip || apt-get install python3-pip\nfi\n';
const install = (what: string) =>
  `${ENSURE}PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip install --quiet --no-warn-script-location ${what} && "$0" "$@"\n`;
test('a step starts on a layer that has what it installs', async () => {
  const python = ['python3', '-c', 'import six; print(six.__version__, six.__file__)'];
  const name = create({
    containers: [{ name: 'main', image: 'python:3.11', command: ['sh', '-c', install("'six==1.16.0' '--no-deps'"), ...python] }],
  });
  const { status } = await ended(name, 60_000);
  assert.equal(status!.phase, 'Succeeded', await log(name));
  assert.match(await log(name), /^1\.16\.0 \/opt\/skiff\/env\/[0-9a-f]+\//);
});
/** Without a way out (a normal user who may not open /dev/net/tun) pip in a Pod finds no index. */
const offline = () => (node.info.isolation.message.includes('not the outside') ? 'Pods have no way out here' : false);
test('what nobody could foresee is installed in the Pod, and the next one starts with it', async t => {
  if (offline()) return t.skip(offline() as string);
  const command = [
    'sh',
    '-c',
    'p=six==1.15.0; python3 -m pip install --quiet --no-warn-script-location $p && python3 -c "import six; print(six.__version__)"',
  ];
  const first = create({ containers: [{ name: 'main', image: 'python:3.11', command }] });
  assert.equal((await ended(first, 60_000)).status!.phase, 'Succeeded', await log(first));
  assert.equal(await log(first), '1.15.0\n');
  await remove(first);
  const noIndex = [{ name: 'PIP_NO_INDEX', value: '1' }];
  const second = create({ containers: [{ name: 'main', image: 'python:3.11', command, env: noIndex }] });
  assert.equal((await ended(second, 60_000)).status!.phase, 'Succeeded', await log(second));
});
test('a virtual environment inside a step sees the step’s packages', async t => {
  if (offline()) return t.skip(offline() as string);
  const script = `python3 -m pip install --quiet 'six==1.16.0' && tmp=$(mktemp -d)
python3 -m venv "$tmp/venv" --system-site-packages
. "$tmp/venv/bin/activate"
python3 -m pip install --quiet attrs && python3 -c "import six, attr; print(six.__version__)"`;
  const name = create({ containers: [{ name: 'main', image: 'python:3.11', command: ['sh', '-c', script] }] });
  assert.equal((await ended(name, 60_000)).status!.phase, 'Succeeded', await log(name));
  assert.equal(await log(name), '1.16.0\n');
});
