import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { type Client, createClient, type Obj } from '../../kube/index.ts';
import { seededIds, silentLogger, systemClock } from '../../lib/index.ts';
import { Authority } from '../auth/pki.ts';
import { type ApiServer, createApiServer } from '../index.ts';

type Review = { request: { uid: string; desiredAPIVersion: string; objects: Obj[] } };
const home = mkdtempSync(join(tmpdir(), 'skiff-conversion-'));
let api: ApiServer;
let client: Client;
let hook: Server;
let asked: string[] = [];
let refusal: string | undefined;

/** v1 says `host:port`, v2 says both apart. */
function convert(o: Obj, apiVersion: string): Obj {
  if (o.apiVersion === apiVersion) return o;
  const spec = o.spec as { hostPort?: string; host?: string; port?: string };
  const [host, port] = (spec.hostPort ?? '').split(':');
  return {
    ...o,
    apiVersion,
    spec: apiVersion.endsWith('/v2') ? { host, port, unknown: true } : { hostPort: `${spec.host}:${spec.port}` },
  };
}
const text = { type: 'string' };
const version = (name: string, storage: boolean, properties: object) => ({
  name,
  storage,
  served: true,
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
});

before(async () => {
  const ids = seededIds(1);
  api = await createApiServer({
    home,
    clock: systemClock,
    ids,
    log: silentLogger,
    admissions: [],
    crds: [],
    bootstrap: [],
    serverNames: [],
  });
  client = createClient({
    transport: api.transport,
    mapper: api.mapper,
    user: { username: 'admin', groups: ['system:masters'] },
  });
  const pki = await new Authority(join(home, 'hooks'), systemClock, ids).open(['127.0.0.1']);
  hook = createServer({ cert: pki.server.cert, key: pki.server.key }, async (request, response) => {
    const { request: review } = JSON.parse((await request.toArray()).join('')) as Review;
    asked.push(`${review.objects.length} to ${review.desiredAPIVersion}`);
    const result = refusal ? { status: 'Failed', message: refusal } : { status: 'Success' };
    const convertedObjects = refusal ? [] : review.objects.map(o => convert(o, review.desiredAPIVersion));
    response.end(JSON.stringify({ kind: 'ConversionReview', response: { uid: review.uid, result, convertedObjects } }));
  });
  await new Promise<void>(resolve => hook.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(hook.address() as AddressInfo).port}/convert`;
  const clientConfig = { url, caBundle: Buffer.from(pki.ca).toString('base64') };
  const spec = {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'doors', kind: 'Door' },
    versions: [
      version('v1', true, { hostPort: text }),
      version('v2', false, { host: text, port: text, color: { ...text, default: 'red' } }),
    ],
    conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig } },
  };
  await client.write({
    verb: 'create',
    object: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'doors.example.com' },
      spec,
    },
  });
});
after(async () => {
  hook.closeAllConnections();
  hook.close();
  await api.close();
  rmSync(home, { recursive: true });
});
beforeEach(() => {
  asked = [];
  refusal = undefined;
});

const door = (v: string, name: string, spec: object): Obj => ({
  apiVersion: `example.com/${v}`,
  kind: 'Door',
  metadata: { name, namespace: 'default' },
  spec,
});
const ref = (v: string, name: string) => ({ apiVersion: `example.com/${v}`, kind: 'Door', name, namespace: 'default' });

test('each version is read and written as it is, whatever is stored', async () => {
  const made = await client.write({ verb: 'create', object: door('v2', 'a', { host: 'h', port: '80' }) });
  assert.deepEqual([made.apiVersion, made.spec], ['example.com/v2', { host: 'h', port: '80', color: 'red' }]);
  assert.deepEqual((await client.get(ref('v1', 'a'))).spec, { hostPort: 'h:80' });
  const patched = await client.write({ verb: 'patch', ref: ref('v2', 'a'), type: 'merge', patch: { spec: { port: '81' } } });
  assert.deepEqual(patched.spec, { host: 'h', port: '81', color: 'red' });
  const stored = await client.get(ref('v1', 'a'));
  assert.deepEqual([stored.spec, stored.metadata.uid, stored.metadata.generation], [{ hostPort: 'h:81' }, made.metadata.uid, 2]);
});

test('a list is converted at once, and a stored object once only', async () => {
  for (const name of ['l1', 'l2']) await client.write({ verb: 'create', object: door('v1', name, { hostPort: `${name}:1` }) });
  asked = [];
  const read = async () =>
    (await Array.fromAsync(client.list('example.com/v2/Door', { namespace: 'default' }))).flatMap(p => p.items);
  const hosts = (await read()).map(o => (o.spec as { host: string }).host);
  assert.ok(hosts.includes('l1') && hosts.includes('l2'));
  assert.equal(asked.length, 1);
  await read();
  assert.equal(asked.length, 1);
});

test('a watch shows its own version', async () => {
  const { resourceVersion } = (await Array.fromAsync(client.list('example.com/v2/Door')))[0]!;
  const abort = new AbortController();
  const seen = (async () => {
    for await (const e of client.watch('example.com/v2/Door', { resourceVersion, signal: abort.signal })) return e.object;
    return undefined;
  })();
  await client.write({ verb: 'create', object: door('v1', 'w', { hostPort: 'seen:9' }) });
  assert.deepEqual((await seen)?.spec, { host: 'seen', port: '9', color: 'red' });
  abort.abort();
});

test('a webhook that fails says why; the stored version needs none', async () => {
  await client.write({ verb: 'create', object: door('v1', 'f', { hostPort: 'f:1' }) });
  refusal = 'no such thing';
  await assert.rejects(
    client.get(ref('v2', 'f')),
    /Internal error occurred: conversion webhook for example.com\/v1, Kind=Door failed: no such thing/,
  );
  assert.deepEqual((await client.get(ref('v1', 'f'))).spec, { hostPort: 'f:1' });
  await client.write({ verb: 'delete', ref: ref('v1', 'f') });
});

test('what is still stored in a former version is converted to the new stored one', async () => {
  const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: 'doors.example.com' };
  await client.write({ verb: 'create', object: door('v1', 'old', { hostPort: 'old:1' }) });
  const patch = [
    { op: 'replace', path: '/spec/versions/0/storage', value: false },
    { op: 'replace', path: '/spec/versions/1/storage', value: true },
  ];
  const changed = await client.write({ verb: 'patch', ref: crd, type: 'json', patch });
  assert.deepEqual((changed.status as { storedVersions: string[] }).storedVersions, ['v1', 'v2']);
  const path = '/apis/example.com/v2/namespaces/default/doors';
  const response = await api.transport.request({ method: 'GET', path, user: { username: 'admin', groups: ['system:masters'] } });
  const bytes = await Array.fromAsync(response.bytes!() as AsyncIterable<Uint8Array>);
  const { items } = JSON.parse(Buffer.concat(bytes).toString()) as { items: Obj[] };
  assert.deepEqual(items.find(o => o.metadata.name === 'old')?.spec, { host: 'old', port: '1', color: 'red' });
  assert.ok(items.every(o => o.apiVersion === 'example.com/v2'));
  refusal = undefined;
  await client.write({ verb: 'delete', ref: crd });
  const abort = new AbortController();
  for await (const e of client.watch('apiextensions.k8s.io/v1/CustomResourceDefinition', {
    resourceVersion: changed.metadata.resourceVersion!,
    signal: abort.signal,
  }))
    if (e.type === 'DELETED') break;
  await assert.rejects(client.get(ref('v2', 'old')), /could not find the requested resource|not found/);
});
