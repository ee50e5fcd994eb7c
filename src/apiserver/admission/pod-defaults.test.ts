import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionRequest, Frozen, Obj } from '../../kube/index.ts';
import { seededIds } from '../../lib/index.ts';
import type { AdmissionStep, Find } from './admission.ts';
import { podDefaults } from './pod-defaults.ts';

const steps = new Map(podDefaults(seededIds(1)).map(s => [s.name, s]));
type Spec = {
  tolerations: { key: string; tolerationSeconds?: number }[];
  volumes?: { name: string }[];
  containers: { volumeMounts?: { mountPath: string }[] }[];
  imagePullSecrets?: object[];
} & Record<string, unknown>;

function run(name: string, spec: object, found: Record<string, object[]> = {}): Spec | undefined {
  const step = steps.get(name) as AdmissionStep;
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n' }, spec } as unknown as Frozen<Obj>;
  const r: AdmissionRequest = {
    operation: 'CREATE',
    gvk: 'v1/Pod',
    namespace: 'n',
    name: 'p',
    object,
    user: { username: 'u', groups: [] },
    dryRun: false,
  };
  const find = ((gvk: string, by: { name?: string }) =>
    (found[gvk] ?? []).filter(o => !by.name || (o as Obj).metadata.name === by.name)) as unknown as Find;
  return step.mutate!(r, find)?.spec as Spec | undefined;
}
const plain = { containers: [{ name: 'c' }] };
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount';

test('ServiceAccount: the token is mounted, unless it is not wanted', () => {
  const account = (more: object) => ({ 'v1/ServiceAccount': [{ metadata: { name: 'default' }, ...more }] });
  const spec = run('ServiceAccount', plain, account({ imagePullSecrets: [{ name: 'pull' }] }))!;
  assert.equal(spec['serviceAccountName'], 'default');
  assert.deepEqual(spec.imagePullSecrets, [{ name: 'pull' }]);
  assert.deepEqual(
    spec.containers[0]!.volumeMounts!.map(m => m.mountPath),
    [TOKEN],
  );
  assert.match(spec.volumes![0]!.name, /^kube-api-access-[a-z0-9]{5}$/);
  assert.equal(run('ServiceAccount', plain, account({ automountServiceAccountToken: false }))!.volumes, undefined);
  assert.ok(
    run('ServiceAccount', { ...plain, automountServiceAccountToken: true }, account({ automountServiceAccountToken: false }))!
      .volumes,
  );
  assert.throws(
    () => run('ServiceAccount', { ...plain, serviceAccountName: 'absent' }),
    /error looking up service account n\/absent: serviceaccount "absent" not found/,
  );
});

test('DefaultTolerationSeconds: five minutes, where nothing else is said', () => {
  const spec = run('DefaultTolerationSeconds', plain)!;
  assert.deepEqual(
    spec.tolerations.map(t => [t.key, t.tolerationSeconds]),
    [
      ['node.kubernetes.io/not-ready', 300],
      ['node.kubernetes.io/unreachable', 300],
    ],
  );
  const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
  const kept = run('DefaultTolerationSeconds', { ...plain, tolerations: [own] })!;
  assert.deepEqual(
    kept.tolerations.map(t => t.tolerationSeconds),
    [5, 300],
  );
  assert.equal(run('DefaultTolerationSeconds', { ...plain, tolerations: [{ operator: 'Exists' }] }), undefined);
});

test('Priority: by class, by the default class, or zero', () => {
  const kind = 'scheduling.k8s.io/v1/PriorityClass';
  const high = { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' };
  const usual = { metadata: { name: 'usual' }, value: 10, globalDefault: true };
  const named = run('Priority', { ...plain, priorityClassName: 'high' }, { [kind]: [high, usual] })!;
  assert.deepEqual([named['priority'], named['preemptionPolicy']], [1000, 'Never']);
  const byDefault = run('Priority', plain, { [kind]: [high, usual] })!;
  assert.deepEqual([byDefault['priority'], byDefault['priorityClassName']], [10, 'usual']);
  assert.equal(run('Priority', plain)!['priority'], 0);
  assert.throws(() => run('Priority', { ...plain, priorityClassName: 'none' }), /no PriorityClass with name none was found/);
});
