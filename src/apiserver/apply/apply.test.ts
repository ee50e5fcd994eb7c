import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze, type ManagedFieldsEntry, mergePatch, type Obj, type Schema, type StatusError } from '../../kube/index.ts';
import { applyPatch, trackFields } from './index.ts';

const gvk = 'apps/v1/Deployment';
const schema: Schema = {
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      properties: {
        replicas: { type: 'integer' },
        containers: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              image: { type: 'string' },
              args: { type: 'array', items: { type: 'string' } },
            },
          },
        },
      },
    },
    status: { type: 'object', properties: { ready: { type: 'integer' } } },
  },
};
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second, 900));
const object = (spec: object, metadata: object = {}): Obj => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'a', ...metadata },
  spec,
});
const apply = (live: Obj | undefined, patch: Obj, manager: string, o: { force?: boolean; second?: number } = {}) =>
  deepFreeze(
    applyPatch({
      live: deepFreeze(live),
      patch: deepFreeze(patch),
      manager,
      force: o.force ?? false,
      schema,
      gvk,
      now: at(o.second ?? 1),
    }),
  ) as Obj;
const update = (live: Obj | undefined, updated: Obj, manager: string, second = 2, subresource?: string) =>
  deepFreeze(
    trackFields({
      live: deepFreeze(live),
      updated: deepFreeze(updated),
      manager,
      operation: 'Update',
      schema,
      gvk,
      now: at(second),
      subresource,
    }),
  ) as Obj;
const entriesOf = (o: Obj) => o.metadata.managedFields as ManagedFieldsEntry[];
const bare = ({ metadata: { managedFields: _, ...metadata }, ...rest }: Obj) => ({ ...rest, metadata });

test('creates an object owned by its applier, server fields unowned', () => {
  const created = apply(
    undefined,
    object({ replicas: 3, containers: [{ name: 'c', image: 'i' }] }, { labels: { app: 'web' } }),
    'kubectl',
  );
  assert.deepEqual(entriesOf(created), [
    {
      manager: 'kubectl',
      operation: 'Apply',
      apiVersion: 'apps/v1',
      time: '2026-01-01T00:00:01Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { 'f:app': {} } },
        'f:spec': { 'f:replicas': {}, 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:name': {}, 'f:image': {} } } },
      },
    },
  ]);
});

test('removes what is no longer applied, and leaves nothing empty behind', () => {
  const first = apply(undefined, object({ replicas: 3, containers: [{ name: 'c' }] }, { labels: { app: 'web' } }), 'kubectl');
  const second = apply(first, object({ replicas: 3 }), 'kubectl');
  assert.deepEqual(bare(second), object({ replicas: 3 }));
});

test('says conflicts in upstream words, one and many', () => {
  const live = update(undefined, object({ replicas: 1, containers: [{ name: 'c', image: 'a' }] }), 'controller');
  const attempt = (patch: Obj) => () => apply(live, patch, 'me');
  assert.throws(attempt(object({ replicas: 2 })), (e: StatusError) => {
    assert.equal(e.code, 409);
    assert.equal(e.reason, 'Conflict');
    assert.equal(e.message, 'Apply failed with 1 conflict: conflict with "controller" using apps/v1: .spec.replicas');
    assert.deepEqual(e.status.details, {
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "controller" using apps/v1', field: '.spec.replicas' }],
    });
    return true;
  });
  assert.throws(attempt(object({ replicas: 2, containers: [{ name: 'c', image: 'b' }] })), (e: StatusError) => {
    const text =
      'Apply failed with 2 conflicts: conflicts with "controller" using apps/v1:\n- .spec.replicas\n- .spec.containers[name="c"].image';
    assert.equal(e.message, text);
    return true;
  });
  const other = apply(live, object({ replicas: 1 }), 'other', { force: true });
  assert.throws(
    () => apply(other, object({ replicas: 5 }), 'me'),
    /conflicts with "controller" using apps\/v1:\n- \.spec\.replicas\nconflicts with "other":\n- /,
  );
  const forced = apply(live, object({ replicas: 2 }), 'me', { force: true });
  assert.equal((forced.spec as { replicas: number }).replicas, 2);
  assert.ok(!JSON.stringify(entriesOf(forced).find(e => e.manager === 'controller')).includes('replicas'));
});

test('names the subresource of the owner in a conflict', () => {
  const created = update(undefined, object({}), 'a');
  const live = update(created, { ...created, status: { ready: 1 } }, 'kubelet', 3, 'status');
  assert.throws(
    () =>
      applyPatch({
        live,
        patch: { ...object({}), status: { ready: 2 } },
        manager: 'me',
        force: false,
        schema,
        gvk,
        now: at(4),
        subresource: 'status',
      }),
    /conflict with "kubelet" with subresource "status" using apps\/v1: \.status\.ready/,
  );
});

test('keeps the time when an apply changes nothing', () => {
  const first = apply(undefined, object({ replicas: 3 }), 'kubectl', { second: 1 });
  const second = apply(first, object({ replicas: 3 }), 'kubectl', { second: 9 });
  assert.deepEqual(second, first);
});

test('gives an untracked object to before-first-apply', () => {
  const live = object({ replicas: 1 }, { labels: { old: 'yes' } });
  const applied = apply(live, object({}, { labels: { new: 'yes' } }), 'kubectl');
  assert.deepEqual(
    entriesOf(applied).map(e => [e.manager, e.operation]),
    [
      ['kubectl', 'Apply'],
      ['before-first-apply', 'Update'],
    ],
  );
  assert.deepEqual(applied.metadata.labels, { old: 'yes', new: 'yes' });
});

test('refuses managedFields and another version in the configuration', () => {
  assert.throws(() => apply(undefined, object({}, { managedFields: [] }), 'm'), /metadata\.managedFields must be nil/);
  assert.throws(
    () => apply(undefined, { ...object({}), apiVersion: 'apps/v2' }, 'm'),
    /Incorrect version specified in apply patch/,
  );
});

test('neither applies nor owns what the endpoint resets', () => {
  const patch = deepFreeze({ ...object({ replicas: 1 }), status: { ready: 7 } });
  const applied = applyPatch({ patch, manager: 'm', force: false, schema, gvk, now: at(1), reset: { 'f:status': {} } });
  assert.equal(applied.status, undefined);
  assert.ok(!JSON.stringify(entriesOf(applied)).includes('f:status'));
});

test('gives the writer what it changed and takes it from the others', () => {
  const created = update(undefined, object({ replicas: 1, containers: [{ name: 'c', image: 'a' }] }), 'one', 1);
  const changed = update(created, mergePatch(created, { spec: { replicas: 2 }, metadata: { labels: { x: 'y' } } }), 'two', 2);
  const [one, two] = entriesOf(changed);
  assert.equal(one?.time, '2026-01-01T00:00:01Z');
  assert.deepEqual(one?.fieldsV1, {
    'f:spec': { '.': {}, 'f:containers': { '.': {}, 'k:{"name":"c"}': { '.': {}, 'f:name': {}, 'f:image': {} } } },
  });
  assert.deepEqual(two?.fieldsV1, { 'f:spec': { 'f:replicas': {} }, 'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } } });
});

test('leaves managedFields alone when nothing ownable changes', () => {
  const created = update(undefined, object({ replicas: 1 }), 'one', 1);
  const touched = update(created, mergePatch(created, { metadata: { resourceVersion: '9', generation: 2 } }), 'two', 5);
  assert.deepEqual(entriesOf(touched), entriesOf(created));
});

test('does not lose managedFields to clients that do not know them', () => {
  const created = update(undefined, object({ replicas: 1 }), 'one', 1);
  const replaced = update(created, object({ replicas: 1 }), 'old-client', 5);
  assert.deepEqual(entriesOf(replaced), entriesOf(created));
});

test('strips managedFields for good on [{}]', () => {
  const created = update(undefined, object({ replicas: 1 }), 'one', 1);
  const stripped = update(created, object({ replicas: 1 }, { uid: 'u', managedFields: [{}] }), 'two');
  assert.equal(stripped.metadata.managedFields, undefined);
  assert.equal(update(stripped, object({ replicas: 9 }, { uid: 'u' }), 'two').metadata.managedFields, undefined);
});

test('folds the oldest of more than ten updaters into ancient-changes', () => {
  let live = update(undefined, object({ replicas: 0 }), 'creator', 0);
  for (let i = 1; i <= 14; i++) live = update(live, mergePatch(live, { metadata: { labels: { [`l${i}`]: 'x' } } }), `m${i}`, i);
  const names = entriesOf(live).map(e => e.manager);
  assert.equal(names.length, 10);
  assert.equal(names[0], 'ancient-changes');
  assert.ok(JSON.stringify(entriesOf(live)[0]).includes('f:l5'));
  assert.ok(names.includes('m14'));
});

test('treats kinds without schema by their values', () => {
  const custom = deepFreeze({
    apiVersion: 'x.y/v1',
    kind: 'Thing',
    metadata: { name: 't', finalizers: ['a'] },
    spec: { list: [1, 2], map: { a: 1 } },
  });
  const tracked = trackFields({
    updated: custom,
    manager: 'm',
    operation: 'Update',
    schema: undefined,
    gvk: 'x.y/v1/Thing',
    now: at(1),
  });
  assert.deepEqual(entriesOf(tracked)[0]?.fieldsV1, {
    'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a"': {} } },
    'f:spec': { '.': {}, 'f:list': {}, 'f:map': { '.': {}, 'f:a': {} } },
  });
});
