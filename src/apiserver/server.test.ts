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

const widgets = (): Obj => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                properties: { size: { type: 'integer', maximum: 9 }, color: { type: 'string', default: 'red' } },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
      {
        name: 'v1beta1',
        served: true,
        storage: false,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});

test('serves custom resources as soon as their definition is acknowledged, and clears them away', async () => {
  const crd = await client.write({ verb: 'create', object: widgets() });
  assert.deepEqual(
    (crd.status as { conditions: { type: string; status: string }[] }).conditions.map(c => `${c.type}=${c.status}`),
    ['NamesAccepted=True', 'Established=True'],
  );
  const widget = (size: number): Obj => ({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'default' },
    spec: { size },
    status: { ready: true },
  });
  await assert.rejects(
    client.write({ verb: 'create', object: widget(10) }),
    /Widget.example.com "w" is invalid: spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9/,
  );
  const made = await client.write({ verb: 'create', object: widget(3) });
  assert.deepEqual(made.spec, { size: 3, color: 'red' });
  assert.equal(made.status, undefined);
  assert.equal(made.metadata.generation, 1);
  const ref = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', namespace: 'default' };
  const other = await client.get({ ...ref, apiVersion: 'example.com/v1beta1' });
  assert.equal(other.apiVersion, 'example.com/v1beta1');
  const status = await client.write({
    verb: 'patch',
    ref,
    type: 'merge',
    patch: { status: { ready: true }, spec: { size: 5 } },
    subresource: 'status',
  });
  assert.deepEqual([status.spec, status.status, status.metadata.generation], [{ size: 3, color: 'red' }, { ready: true }, 1]);
  const sized = await client.write({ verb: 'patch', ref, type: 'merge', patch: { spec: { size: 5 } } });
  assert.equal(sized.metadata.generation, 2);
  const { resourceVersion } = crd.metadata;
  await client.write({
    verb: 'delete',
    ref: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: 'widgets.example.com' },
  });
  const abort = new AbortController();
  for await (const e of client.watch('apiextensions.k8s.io/v1/CustomResourceDefinition', {
    resourceVersion: resourceVersion!,
    signal: abort.signal,
  }))
    if (e.type === 'DELETED') break;
  await assert.rejects(client.get(ref), /could not find the requested resource/);
});

test('applies server-side and names who owns what', async () => {
  const object = configMap('owned', { a: '1' });
  await client.write({ verb: 'apply', object }, { fieldManager: 'one' });
  await assert.rejects(
    client.write({ verb: 'apply', object: configMap('owned', { a: '2' }) }, { fieldManager: 'two' }),
    /Apply failed with 1 conflict: conflict with "one": .data.a/,
  );
  const forced = await client.write(
    { verb: 'apply', object: configMap('owned', { a: '2' }), force: true },
    { fieldManager: 'two' },
  );
  assert.deepEqual(
    forced.metadata.managedFields?.map(m => m.manager),
    ['two'],
  );
});
