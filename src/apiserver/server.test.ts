import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type Client, createClient, isReason, type Obj } from '../kube/index.ts';
import { seededIds, silentLogger, systemClock } from '../lib/index.ts';
import { type ApiServer, createApiServer } from './index.ts';

let server: ApiServer;
let client: Client;
const home = mkdtempSync(join(tmpdir(), 'skiff-api-'));
before(async () => {
  server = await createApiServer({
    home,
    clock: systemClock,
    ids: seededIds(1),
    log: silentLogger,
    admissions: [],
    crds: [],
    bootstrap: [],
    serverNames: [],
  });
  client = createClient({
    transport: server.transport,
    mapper: server.mapper,
    user: { username: 'admin', groups: ['system:masters'] },
  });
});
after(async () => {
  await server.close();
  rmSync(home, { recursive: true });
});
const configMap = (name: string, data: Record<string, string>): Obj =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data }) as Obj;
const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'default' });

test('creates, reads, patches, lists and deletes', async () => {
  const made = await client.write({ verb: 'create', object: configMap('a', { x: '1' }) });
  assert.match(made.metadata.uid!, /^[0-9a-f-]{36}$/);
  const merged = await client.write({ verb: 'patch', ref: ref('a'), type: 'merge', patch: { data: { y: '2' } } });
  assert.deepEqual((merged as unknown as { data: object }).data, { x: '1', y: '2' });
  assert.ok(Number(merged.metadata.resourceVersion) > Number(made.metadata.resourceVersion));
  const same = await client.write({ verb: 'patch', ref: ref('a'), type: 'merge', patch: { data: { y: '2' } } });
  assert.equal(same.metadata.resourceVersion, merged.metadata.resourceVersion, 'a no-op makes no version');
  const pages = await Array.fromAsync(client.list('v1/ConfigMap', { namespace: 'default' }));
  assert.deepEqual(
    pages[0]!.items.map(i => i.metadata.name),
    ['a'],
  );
  await client.write({ verb: 'delete', ref: ref('a') });
  await assert.rejects(client.get(ref('a')), e => isReason(e, 'NotFound') && e.message === 'configmaps "a" not found');
});

test('watches from a revision, and turns a lost selector into DELETED', async () => {
  const signal = new AbortController();
  const { resourceVersion } = (await Array.fromAsync(client.list('v1/ConfigMap')))[0]!;
  const seen: string[] = [];
  const done = (async () => {
    for await (const e of client.watch('v1/ConfigMap', { resourceVersion, signal: signal.signal, labels: 'on=yes' })) {
      seen.push(`${e.type} ${e.object.metadata.name}`);
      if (seen.length === 3) return;
    }
  })();
  const labelled = { ...configMap('w', {}), metadata: { name: 'w', namespace: 'default', labels: { on: 'yes' } } };
  await client.write({ verb: 'create', object: labelled });
  await client.write({ verb: 'patch', ref: ref('w'), type: 'merge', patch: { data: { z: '1' } } });
  await client.write({ verb: 'patch', ref: ref('w'), type: 'merge', patch: { metadata: { labels: { on: null } } } });
  await done;
  signal.abort();
  assert.deepEqual(seen, ['ADDED w', 'MODIFIED w', 'DELETED w']);
});

test('refuses what is wrong with upstream texts', async () => {
  await assert.rejects(
    client.write({ verb: 'create', object: { ...configMap('n', {}), metadata: { name: 'n', namespace: 'nowhere' } } }),
    /namespaces "nowhere" not found/,
  );
  await client.write({ verb: 'create', object: configMap('dup', {}) });
  await assert.rejects(client.write({ verb: 'create', object: configMap('dup', {}) }), e => isReason(e, 'AlreadyExists'));
  await assert.rejects(
    client.write({ verb: 'create', object: configMap('Bad_Name', {}) }),
    /is invalid: metadata.name: Invalid value: "Bad_Name"/,
  );
  await assert.rejects(
    client.write({ verb: 'delete', ref: { apiVersion: 'v1', kind: 'Namespace', name: 'default' } }),
    /this namespace may not be deleted/,
  );
});

test('keeps an object until its last finalizer is gone', async () => {
  const object = configMap('f', {});
  object.metadata.finalizers = ['example.com/hold'];
  await client.write({ verb: 'create', object });
  const marked = await client.write({ verb: 'delete', ref: ref('f') });
  assert.ok(marked.metadata.deletionTimestamp);
  await client.write({ verb: 'patch', ref: ref('f'), type: 'merge', patch: { metadata: { finalizers: null } } });
  await assert.rejects(client.get(ref('f')), e => isReason(e, 'NotFound'));
});
