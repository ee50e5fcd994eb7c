import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Client, createClient, type Obj } from '../kube/index.ts';
import { seededIds, silentLogger, systemClock } from '../lib/index.ts';
import { type ApiServer, createApiServer } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'skiff-crd-'));
const user = { username: 'admin', groups: ['system:masters'] };
let api: ApiServer;
let client: Client;
before(async () => {
  const options = { home, clock: systemClock, ids: seededIds(1), log: silentLogger };
  api = await createApiServer({ ...options, admissions: [], crds: [], bootstrap: [], serverNames: [] });
  client = createClient({ transport: api.transport, mapper: api.mapper, user });
});
after(async () => {
  await api.close();
  rmSync(home, { recursive: true });
});

const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: 'gears.example.com' };
const definition = (properties: object): Obj => ({
  ...crd,
  metadata: { name: crd.name },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'gears', kind: 'Gear' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties } } }],
  },
});
const gear = (name: string, spec: object): Obj => ({
  apiVersion: 'example.com/v1',
  kind: 'Gear',
  metadata: { name, namespace: 'default' },
  spec,
});
async function shows(path: string, what: RegExp): Promise<boolean> {
  const response = await api.transport.request({ method: 'GET', path, user });
  return response.code === 200 && what.test(JSON.stringify(response.object ?? String(await response.bytes?.())));
}
const traces = () =>
  Promise.all([shows('/apis', /example\.com/), shows('/openapi/v3', /example\.com/), shows('/apis/example.com/v1', /gears/)]);

test('a definition is usable at once and leaves nothing behind', async () => {
  assert.deepEqual(await traces(), [false, false, false]);
  const made = await client.write({
    verb: 'create',
    object: definition({ spec: { type: 'object', properties: { teeth: { type: 'integer' } } } }),
  });
  assert.deepEqual(await traces(), [true, true, true]);
  for (const name of ['a', 'b']) await client.write({ verb: 'create', object: gear(name, { teeth: 3, lost: true }) });
  assert.deepEqual((await client.get({ ...gear('a', {}), name: 'a', namespace: 'default' })).spec, { teeth: 3 });
  const abort = new AbortController();
  const gone = (async () => {
    const o = { resourceVersion: made.metadata.resourceVersion!, signal: abort.signal };
    for await (const e of client.watch('apiextensions.k8s.io/v1/CustomResourceDefinition', o)) if (e.type === 'DELETED') return;
  })();
  await client.write({ verb: 'delete', ref: crd });
  await gone;
  abort.abort();
  assert.deepEqual(await traces(), [false, false, false]);
  // The same name with another shape: nothing of the former one is left.
  await client.write({
    verb: 'create',
    object: definition({ spec: { type: 'object', properties: { teeth: { type: 'string' } } } }),
  });
  const pages = await Array.fromAsync(client.list('example.com/v1/Gear', { namespace: 'default' }));
  assert.deepEqual(
    pages.flatMap(p => p.items),
    [],
  );
  await client.write({ verb: 'create', object: gear('a', { teeth: 'three' }) });
});

test('an invalid value that an update does not touch does not block it', async () => {
  const patch = [
    { op: 'add', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/teeth/maxLength', value: 2 },
  ];
  await client.write({ verb: 'patch', ref: crd, type: 'json', patch });
  const ref = { apiVersion: 'example.com/v1', kind: 'Gear', name: 'a', namespace: 'default' };
  await client.write({ verb: 'patch', ref, type: 'merge', patch: { metadata: { labels: { a: 'b' } } } });
  await assert.rejects(
    client.write({ verb: 'patch', ref, type: 'merge', patch: { spec: { teeth: 'four' } } }),
    /spec.teeth: Too long: may not be more than 2 bytes/,
  );
});
