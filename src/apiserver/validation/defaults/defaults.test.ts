import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { deepFreeze, type Gvk, gvkOf, type Obj } from '../../../kube/index.ts';
import { defaultBuiltin } from '../index.ts';

const object = (apiVersion: string, kind: string, members: object = {}): Obj =>
  ({ apiVersion, kind, metadata: { name: 'x', namespace: 'default' }, ...members }) as Obj;
const defaulted = (o: Obj) => defaultBuiltin(gvkOf(o), deepFreeze(o)) as Obj<Record<string, unknown>> & Record<string, unknown>;
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };

test('gives a Pod what the API server gives it', () => {
  const pod = defaulted(
    object('v1', 'Pod', {
      spec: {
        serviceAccountName: 'robot',
        containers: [
          {
            name: 'c',
            image: 'registry:5000/a/b:1.2',
            ports: [{ containerPort: 80 }],
            resources: { limits: { cpu: '1000m', memory: '1024Mi' } },
            readinessProbe: { httpGet: { port: 80 } },
            env: [{ name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          },
          { name: 'd', image: 'busybox' },
        ],
        volumes: [{ name: 'scratch' }, { name: 's', secret: { secretName: 's' } }, { name: 'h', hostPath: { path: '/' } }],
      },
    }),
  );
  assert.deepEqual(pod.spec, {
    serviceAccountName: 'robot',
    serviceAccount: 'robot',
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
    containers: [
      {
        name: 'c',
        image: 'registry:5000/a/b:1.2',
        imagePullPolicy: 'IfNotPresent',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } },
        readinessProbe: {
          httpGet: { port: 80, path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        env: [{ name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name', apiVersion: 'v1' } } }],
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
      {
        name: 'd',
        image: 'busybox',
        imagePullPolicy: 'Always',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 's', secret: { secretName: 's', defaultMode: 420 } },
      { name: 'h', hostPath: { path: '/', type: '' } },
    ],
  });
  assert.deepEqual(pod.status, { phase: 'Pending', qosClass: 'Burstable' });
});

test('leaves out what Go leaves out: nulls and zeros of fields that are no pointers', () => {
  const deployment = defaulted(
    object('apps/v1', 'Deployment', {
      metadata: { name: 'x', creationTimestamp: null, labels: {} },
      spec: {
        replicas: 0,
        paused: false,
        minReadySeconds: 0,
        selector: {},
        template: { spec: { containers: [], volumes: null } },
      },
    }),
  );
  assert.deepEqual(deployment.metadata, { name: 'x' });
  assert.equal(deployment.spec!['replicas'], 0);
  assert.ok(!('paused' in deployment.spec!) && !('minReadySeconds' in deployment.spec!));
  assert.deepEqual(deployment.spec!['selector'], {});
  const podSpec = (deployment.spec!['template'] as { spec: Record<string, unknown> }).spec;
  assert.deepEqual(podSpec['containers'], []);
  assert.ok(!('volumes' in podSpec) && !('enableServiceLinks' in podSpec));
});

const specs: [string, string, object, object][] = [
  [
    'apps/v1',
    'Deployment',
    {},
    {
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    },
  ],
  ['apps/v1', 'Deployment', { strategy: { type: 'Recreate' } }, { strategy: { type: 'Recreate' } }],
  ['apps/v1', 'ReplicaSet', {}, { replicas: 1 }],
  [
    'apps/v1',
    'StatefulSet',
    { volumeClaimTemplates: [{ metadata: { name: 'd' } }] },
    {
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      replicas: 1,
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'd' },
          spec: { volumeMode: 'Filesystem' },
          status: { phase: 'Pending' },
        },
      ],
    },
  ],
  [
    'apps/v1',
    'DaemonSet',
    {},
    { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, revisionHistoryLimit: 10 },
  ],
  [
    'batch/v1',
    'Job',
    {},
    {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
    },
  ],
  ['batch/v1', 'Job', { parallelism: 2 }, { completions: undefined, parallelism: 2 }],
  [
    'batch/v1',
    'CronJob',
    {},
    { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
  ],
  [
    'v1',
    'Service',
    { ports: [{ port: 80 }, { port: 443, targetPort: 'https' }] },
    {
      sessionAffinity: 'None',
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
      ports: [
        { port: 80, targetPort: 80, protocol: 'TCP' },
        { port: 443, targetPort: 'https', protocol: 'TCP' },
      ],
    },
  ],
  ['v1', 'PersistentVolumeClaim', {}, { volumeMode: 'Filesystem' }],
  [
    'networking.k8s.io/v1',
    'NetworkPolicy',
    { podSelector: {}, egress: [{}] },
    { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  ],
  ['autoscaling/v2', 'HorizontalPodAutoscaler', { maxReplicas: 3 }, { minReplicas: 1, maxReplicas: 3 }],
];
for (const [apiVersion, kind, spec, expected] of specs) {
  test(`defaults the spec of a ${kind} from ${JSON.stringify(spec).slice(0, 50)}`, () => {
    const actual = defaulted(object(apiVersion, kind, { spec })).spec!;
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(actual[key], value, key);
  });
}

test('keeps an empty list of rules, drops an empty list of ports', () => {
  const role = defaulted(object('rbac.authorization.k8s.io/v1', 'Role', { rules: [] }));
  assert.deepEqual(role['rules'], []);
  const pod = defaulted(object('v1', 'Pod', { spec: { containers: [{ name: 'c', image: 'i', ports: [], args: [''] }] } }));
  const [container] = pod.spec!['containers'] as Record<string, unknown>[];
  assert.ok(!('ports' in container!));
  assert.deepEqual(container!['args'], ['']);
});

test('merges stringData of a Secret into its data', () => {
  const secret = defaulted(object('v1', 'Secret', { data: { a: 'b2xk', b: 'Yg==' }, stringData: { a: 'new' } }));
  assert.equal(secret['type'], 'Opaque');
  assert.deepEqual(secret['data'], { a: 'bmV3', b: 'Yg==' });
  assert.ok(!('stringData' in secret));
});

test('labels a namespace with its name and gives it the finalizer', () => {
  const namespace = defaulted({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  assert.deepEqual(namespace.metadata.labels, { 'kubernetes.io/metadata.name': 'n' });
  assert.deepEqual(namespace.spec, { finalizers: ['kubernetes'] });
  assert.deepEqual(namespace.status, { phase: 'Active' });
});

test('a Job with a uid selects its own Pods', () => {
  const job = defaulted(object('batch/v1', 'Job', { metadata: { name: 'j', uid: 'u1' }, spec: { template } }));
  assert.deepEqual(job.spec!['selector'], { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u1' } });
  const labels = (job.spec!['template'] as typeof template).metadata.labels as Record<string, string>;
  assert.equal(labels['job-name'], 'j');
  assert.equal(labels['batch.kubernetes.io/controller-uid'], 'u1');
  assert.equal(labels['app'], 'a');
  const manual = defaulted(
    object('batch/v1', 'Job', { metadata: { name: 'j', uid: 'u1' }, spec: { template, manualSelector: true } }),
  );
  assert.equal(manual.spec!['selector'], undefined);
});

test('subjects of a RoleBinding know their API group', () => {
  const binding = defaulted(
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's', namespace: 'n' },
      ],
    }),
  );
  assert.equal((binding['roleRef'] as Record<string, string>)['apiGroup'], 'rbac.authorization.k8s.io');
  assert.deepEqual(
    (binding['subjects'] as Record<string, string>[]).map(s => s['apiGroup']),
    ['rbac.authorization.k8s.io', undefined],
  );
});

const roundtrip = new URL('../../../../../shared/conformance/apimachinery/roundtrip/', import.meta.url);
test('keeps every value of fully populated objects, and defaulting again changes nothing', {
  skip: !existsSync(roundtrip),
}, () => {
  for (const file of readdirSync(roundtrip).filter(f => f.endsWith('.json'))) {
    const original = JSON.parse(readFileSync(new URL(file, roundtrip), 'utf8')) as Obj;
    const gvk = `${original.apiVersion}/${original.kind}` as Gvk;
    if (!original.metadata) continue;
    const once = defaultBuiltin(gvk, original);
    assert.deepEqual(defaultBuiltin(gvk, once), once, file);
    const lost = missing(original, once, '').filter(
      path => !/stringData|limits|requests|rollingUpdate|sessionAffinityConfig/.test(path),
    );
    assert.deepEqual(lost, [], file);
  }
});
function missing(before: unknown, after: unknown, path: string): string[] {
  if (before === null || typeof before !== 'object') return after === undefined && before !== null ? [path] : [];
  return Object.entries(before).flatMap(([key, value]) =>
    missing(value, (after as Record<string, unknown> | undefined)?.[key], `${path}.${key}`),
  );
}
