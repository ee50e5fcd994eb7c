import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { errors, type UserInfo } from '../kube/index.ts';
import { MemoryApi } from '../kube/testing/memory-client.ts';
import { seededIds, silentLogger, VirtualClock } from '../lib/index.ts';
import type { Route } from '../net/index.ts';
import { consoleRoutes } from './console-routes.ts';
import { Door } from './door.ts';
import { Sessions } from './sessions.ts';

const owner: UserInfo = { username: 'owner', groups: ['system:masters'] };
const clock = new VirtualClock();
const sessions = new Sessions({ key: new Uint8Array(32), clock, ids: seededIds(1) });
const authenticate = async (h: { authorization?: string | undefined }) => (h.authorization === 'Bearer good' ? owner : undefined);
const routes: Route[] = [
  ...consoleRoutes({
    sessions,
    authenticate,
    facts: () => ({ version: '1', startedAt: '', memoryBytes: 0, mode: 'plain' }),
    why: async () => undefined,
    kindOf: async () => undefined,
    baseUrl: () => 'http://127.0.0.1',
  }),
  { method: 'GET', path: '/apis/who', handle: async r => ({ json: { user: r.user.username } }) },
  { method: 'POST', path: '/apis/echo', handle: async r => ({ json: await r.json(64) }) },
  { method: 'GET', path: '/apis/broken', handle: () => Promise.reject(new Error('a secret detail')) },
  { method: 'GET', path: '/apis/missing', handle: () => Promise.reject(errors.notFound({ group: '', plural: 'pods' }, 'x')) },
];
const hosts = { ports: [] as number[], serviceNames: ['ml-pipeline.kubeflow'] };
const door = new Door({ routes, client: new MemoryApi().client(), authenticate, sessions, hosts, log: silentLogger });
let port = 0;
before(async () => {
  await new Promise<void>(resolve => door.server.listen(0, '127.0.0.1', resolve));
  port = (door.server.address() as AddressInfo).port;
  hosts.ports.push(port);
});
after(() => door.server.close());

type Answer = { status: number; body: string; headers: Record<string, string | string[] | undefined> };
function call(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const r = request({ host: '127.0.0.1', port, method, path, headers }, response => {
      let text = '';
      response.on('data', chunk => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, body: text, headers: response.headers }));
    });
    r.on('error', reject);
    r.end(body);
  });
}
const bearer = { authorization: 'Bearer good' };

test('without a token the answer is 401 and names the remedy', async () => {
  const answer = await call('GET', '/apis/who');
  assert.equal(answer.status, 401);
  assert.match(answer.body, /skiff open/);
  assert.equal((await call('GET', '/apis/unknown')).status, 401, 'nor does it tell what exists');
});

test('a bearer token is served, a foreign host name is not', async () => {
  assert.equal((await call('GET', '/apis/who', bearer)).body, '{"user":"owner"}');
  assert.equal((await call('GET', '/apis/who', { ...bearer, host: 'evil.example' })).status, 403);
  assert.equal((await call('GET', '/apis/who', { ...bearer, host: 'localhost:1' })).status, 403);
  assert.equal((await call('GET', '/apis/who', { ...bearer, host: 'ml-pipeline.kubeflow:8888' })).status, 200);
});

test('requests that another site makes are refused', async () => {
  assert.equal((await call('GET', '/apis/who', { ...bearer, origin: 'https://evil.example' })).status, 403);
  assert.equal((await call('POST', '/apis/echo', { ...bearer, 'sec-fetch-site': 'cross-site' }, '{}')).status, 403);
  assert.equal((await call('GET', '/apis/who', { ...bearer, origin: `http://127.0.0.1:${port}` })).status, 200);
});

test('a one-time link signs in once; changes need the double-submitted token', async () => {
  const token = sessions.createLink(owner);
  const first = await call('POST', '/console/api/login', {}, JSON.stringify({ token }));
  assert.equal(first.status, 200);
  const set = first.headers['set-cookie'] as string[];
  assert.match(set[0]!, /HttpOnly.*SameSite=Strict/);
  const cookie = set.map(c => c.split(';')[0]).join('; ');
  const csrf = /skiff-csrf=([^;]+)/.exec(cookie)![1]!;
  assert.equal((await call('GET', '/apis/who', { cookie })).status, 200);
  assert.equal((await call('POST', '/apis/echo', { cookie }, '{}')).status, 403);
  assert.equal((await call('POST', '/apis/echo', { cookie, 'x-skiff-csrf': csrf }, '{"a":1}')).body, '{"a":1}');
  assert.equal(
    (await call('GET', '/apis/who', { cookie: cookie.replace('skiff-session=e', 'skiff-session=f') })).status,
    401,
    'forged',
  );
  assert.equal((await call('POST', '/console/api/login', {}, JSON.stringify({ token }))).status, 401, 'spent');
});

test('a link is over after a minute', async () => {
  const token = sessions.createLink(owner);
  await clock.advance(61_000);
  assert.equal((await call('POST', '/console/api/login', {}, JSON.stringify({ token }))).status, 401);
});

test('bad bodies and failures have clear answers that give nothing away', async () => {
  assert.equal((await call('POST', '/apis/echo', bearer, '{nope')).status, 400);
  assert.equal((await call('POST', '/apis/echo', bearer, JSON.stringify('x'.repeat(100)))).status, 413);
  assert.equal((await call('DELETE', '/apis/echo', bearer)).status, 405);
  assert.equal((await call('GET', '/apis/missing', bearer)).status, 404);
  const broken = await call('GET', '/apis/broken', bearer);
  assert.equal(broken.status, 500);
  assert.doesNotMatch(broken.body, /secret detail/);
});
