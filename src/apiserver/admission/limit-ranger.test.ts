import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionRequest, Frozen, Gvk, Obj } from '../../kube/index.ts';
import type { ByNamespace } from './by-namespace.ts';
import { defaultClasses } from './default-classes.ts';
import { limitRanger } from './limit-ranger.ts';

const ranger = (...limits: object[]) => limitRanger({ in: () => [{ spec: { limits } }] } as unknown as ByNamespace);
const nothing = () => [];
function request(gvk: Gvk, spec: object): AdmissionRequest {
  const object = { apiVersion: 'v1', kind: gvk.split('/').at(-1)!, metadata: { name: 'x', namespace: 'n' }, spec } as Frozen<Obj>;
  return { operation: 'CREATE', gvk, namespace: 'n', name: 'x', object, user: { username: 'u', groups: [] }, dryRun: false };
}
const pod = (...resources: object[]) =>
  request('v1/Pod', { containers: resources.map((r, i) => ({ name: `c${i}`, resources: r })) });
const problem = (run: () => void): string => {
  try {
    run();
  } catch (e) {
    return (e as Error).message;
  }
  return '';
};

test('containers get the defaults that they leave open, and a note says so', () => {
  const step = ranger({ type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } });
  const changed = step.mutate!(pod({ limits: { memory: '2Gi' } }), nothing)!;
  const spec = changed.spec as { containers: { resources: object }[] };
  assert.deepEqual(spec.containers[0]!.resources, { limits: { cpu: '1', memory: '2Gi' }, requests: { cpu: '100m' } });
  assert.equal(
    changed.metadata.annotations!['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: cpu request for container c0; cpu limit for container c0',
  );
});

const cases: [string, object, AdmissionRequest, string][] = [
  [
    'over max',
    { type: 'Container', max: { cpu: '1' } },
    pod({ limits: { cpu: '2' } }),
    'maximum cpu usage per Container is 1, but limit is 2.',
  ],
  [
    'no limit',
    { type: 'Container', max: { cpu: '1' } },
    pod({}),
    'maximum cpu usage per Container is 1.  No limit is specified.',
  ],
  [
    'under min',
    { type: 'Container', min: { memory: '64Mi' } },
    pod({ requests: { memory: '32Mi' } }),
    'minimum memory usage per Container is 64Mi, but request is 32Mi.',
  ],
  [
    'a whole Pod',
    { type: 'Pod', max: { cpu: '1' } },
    pod({ limits: { cpu: '600m' } }, { limits: { cpu: '600m' } }),
    'maximum cpu usage per Pod is 1, but limit is 1200m.',
  ],
  [
    'a ratio',
    { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
    pod({ limits: { cpu: '4' }, requests: { cpu: '1' } }),
    'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000.',
  ],
];
for (const [what, limit, r, text] of cases) {
  test(`refuses ${what}`, () => {
    assert.equal(
      problem(() => ranger(limit).validate!(r, nothing, [])),
      `pods "x" is forbidden: ${text}`,
    );
  });
}
test('claims are bounded by what they request', () => {
  const step = ranger({ type: 'PersistentVolumeClaim', max: { storage: '5Gi' } });
  const claim = (storage: string) => request('v1/PersistentVolumeClaim', { resources: { requests: { storage } } });
  assert.equal(
    problem(() => step.validate!(claim('5Gi'), nothing, [])),
    '',
  );
  assert.equal(
    problem(() => step.validate!(claim('6Gi'), nothing, [])),
    'persistentvolumeclaims "x" is forbidden: maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi.',
  );
});

test('the newest default class is chosen when none is named', () => {
  const of = (name: string, creationTimestamp: string, isDefault: string) =>
    ({
      metadata: { name, creationTimestamp, annotations: { 'storageclass.kubernetes.io/is-default-class': isDefault } },
    }) as unknown as Frozen<Obj>;
  const classes = [
    of('old', '2024-01-01T00:00:00Z', 'true'),
    of('new', '2024-02-01T00:00:00Z', 'true'),
    of('none', '2024-03-01T00:00:00Z', 'false'),
  ];
  const [storage] = defaultClasses;
  const find = (() => classes) as never;
  assert.equal(
    (storage!.mutate!(request('v1/PersistentVolumeClaim', {}), find)!.spec as { storageClassName: string }).storageClassName,
    'new',
  );
  assert.equal(storage!.mutate!(request('v1/PersistentVolumeClaim', { storageClassName: '' }), find), undefined);
});
