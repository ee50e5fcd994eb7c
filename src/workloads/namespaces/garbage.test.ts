import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze, type Frozen, type Obj } from '../../kube/index.ts';
import { planGarbage } from './garbage.ts';
import { FOREGROUND, ORPHAN, OwnerGraph } from './owner-graph.ts';

type Options = {
  owners?: (string | { uid: string; block: boolean })[];
  deleting?: boolean;
  finalizers?: string[];
  namespace?: string;
};
const object = (uid: string, o: Options = {}): Frozen<Obj> =>
  deepFreeze({
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: {
      name: uid,
      namespace: o.namespace ?? 'a',
      uid,
      ...(o.deleting ? { deletionTimestamp: 'x' } : {}),
      ...(o.finalizers ? { finalizers: o.finalizers } : {}),
      ownerReferences: (o.owners ?? []).map(owner => {
        const { uid: ownerUid, block } = typeof owner === 'string' ? { uid: owner, block: true } : owner;
        return { apiVersion: 'v1', kind: 'Thing', name: ownerUid, uid: ownerUid, blockOwnerDeletion: block };
      }),
    },
  }) as Frozen<Obj>;
function graphOf(...objects: Frozen<Obj>[]): OwnerGraph {
  const graph = new OwnerGraph();
  for (const o of objects) graph.observe('ADDED', o);
  return graph;
}
/** What would be done, in short. */
function todo(graph: OwnerGraph): string[] {
  const { writes = [], effects = [] } = planGarbage(graph.garbage());
  return [
    ...effects.map(e => `check ${(e.params as { object: { uid: string } }).object.uid}`),
    ...writes.map(w => {
      if (w.verb === 'delete') return `delete ${w.uid} ${w.propagation}`;
      const { metadata } = (w as { patch: { metadata: { finalizers?: string[]; ownerReferences?: { uid: string }[] } } }).patch;
      const name = (w as { ref: { name: string } }).ref.name;
      return metadata.finalizers
        ? `finalizers ${name} [${metadata.finalizers}]`
        : `owners ${name} [${metadata.ownerReferences?.map(r => r.uid)}]`;
    }),
  ];
}

test('finds dependents of an owner that goes, whatever the order of events', () => {
  const graph = graphOf(object('child', { owners: ['parent'] }), object('parent'));
  assert.deepEqual(todo(graph), []);
  assert.equal(graph.observe('DELETED', object('parent')).isWork, true);
  assert.deepEqual(todo(graph), ['check child']);
  graph.observe('DELETED', object('child', { owners: ['parent'] }));
  assert.deepEqual(todo(graph), []);
});

test('leaves objects alone whose owner was found alive though nobody watches it', () => {
  const graph = graphOf(object('child', { owners: ['foreign'] }));
  assert.deepEqual(todo(graph), ['check child']);
  graph.confirm('foreign');
  assert.deepEqual(todo(graph), []);
});

test('takes an owner in another namespace for none', () => {
  assert.deepEqual(todo(graphOf(object('parent', { namespace: 'b' }), object('child', { owners: ['parent'] }))), ['check child']);
});

test('deletes dependents first in a foreground deletion, deepest last to wait for', () => {
  const parent = object('parent', { deleting: true, finalizers: [FOREGROUND, 'other'] });
  const graph = graphOf(parent, object('child', { owners: ['parent'] }), object('grandchild', { owners: ['child'] }));
  assert.deepEqual(todo(graph), ['delete child Foreground']);
  graph.observe('MODIFIED', object('child', { owners: ['parent'], deleting: true, finalizers: [FOREGROUND] }));
  assert.deepEqual(todo(graph), ['delete grandchild Background']);
  graph.observe('DELETED', object('grandchild'));
  assert.deepEqual(todo(graph), ['finalizers child []']);
  graph.observe('DELETED', object('child'));
  assert.deepEqual(todo(graph), ['finalizers parent [other]']);
});

test('does not wait for dependents that do not block, nor delete what others own', () => {
  const parent = object('parent', { deleting: true, finalizers: [FOREGROUND] });
  assert.deepEqual(todo(graphOf(parent, object('child', { owners: [{ uid: 'parent', block: false }] }))), [
    'finalizers parent []',
  ]);
  const shared = graphOf(parent, object('other'), object('child', { owners: ['parent', 'other'] }));
  assert.deepEqual(todo(shared), ['owners child [other]', 'finalizers parent []']);
});

test('orphans by taking the reference off, then lets the owner go', () => {
  const parent = object('parent', { deleting: true, finalizers: [ORPHAN] });
  assert.deepEqual(todo(graphOf(parent, object('child', { owners: ['parent'] }))), ['owners child []', 'finalizers parent []']);
});

test('knows what is in a namespace', () => {
  const graph = graphOf(object('x'), object('y', { namespace: 'b' }), object('z', { deleting: true, finalizers: ['f'] }));
  assert.deepEqual(
    graph.inNamespace('a').map(c => [c.ref.name, c.isDeleting, c.finalizers]),
    [
      ['x', false, []],
      ['z', true, ['f']],
    ],
  );
  graph.observe('DELETED', object('x'));
  assert.equal(graph.inNamespace('a').length, 1);
});
