import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seededIds, systemClock } from '../../../lib/index.ts';
import { Authority } from '../../auth/pki.ts';
import { poster } from './post.ts';

const home = mkdtempSync(join(tmpdir(), 'skiff-post-'));
let server: Server;
let caBundle: string;
let answer = { code: 200, body: '{"ok":true}' };
const dialled: object[] = [];
const seen: string[] = [];
const post = poster({
  clock: systemClock,
  async dial(to) {
    dialled.push(to);
    return connect((server.address() as AddressInfo).port, '127.0.0.1');
  },
});
before(async () => {
  const pki = await new Authority(home, systemClock, seededIds(1)).open(['hook.kubeflow.svc']);
  caBundle = Buffer.from(pki.ca).toString('base64');
  server = createServer({ cert: pki.server.cert, key: pki.server.key }, async (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${(await request.toArray()).join('')}`);
    response.statusCode = answer.code;
    response.end(answer.body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true });
});
const service = { name: 'hook', namespace: 'kubeflow', path: '/mutate' };

test('a Service is dialled in the cluster and must show a certificate for its name', async () => {
  assert.deepEqual(await post({ service, caBundle }, { a: 1 }, 2000), { ok: true });
  assert.deepEqual(dialled, [{ name: 'hook', namespace: 'kubeflow', port: '443' }]);
  assert.deepEqual(seen, ['POST /mutate?timeout=2s hook.kubeflow.svc {"a":1}']);
  await assert.rejects(
    post({ service: { ...service, name: 'other', port: 8443 }, caBundle }, {}, 2000),
    /^Error: failed to call webhook: Post "https:\/\/other\.kubeflow\.svc:8443\/mutate\?timeout=2s": .*does not match certificate/,
  );
  await assert.rejects(post({ service }, {}, 2000), /self.signed certificate|unable to verify/);
});

test('other answers than JSON with 200 are failures', async () => {
  answer = { code: 503, body: 'busy' };
  await assert.rejects(post({ service, caBundle }, {}, 2000), /the server responded with the status code 503/);
  answer = { code: 200, body: 'no json' };
  await assert.rejects(post({ service, caBundle }, {}, 2000), /is not valid JSON/);
});
