import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze, gvkOf, mergePatch, type Obj } from '../../../kube/index.ts';
import { defaultBuiltin, validateBuiltin } from '../index.ts';

const container = { name: 'c', image: 'i' };
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } };
const selector = { matchLabels: { a: 'b' } };
const jobTemplate = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };

function made(apiVersion: string, kind: string, members: object): Obj {
  const object = { apiVersion, kind, metadata: { name: 'x', namespace: 'default', uid: 'u' }, ...members } as Obj;
  return deepFreeze(defaultBuiltin(gvkOf(object), object)) as Obj;
}
const lines = (object: Obj, old?: Obj, subresource?: string) =>
  validateBuiltin(gvkOf(object), object, old, subresource).map(e => `${e.field}: ${e.message}`);
const patched = (object: Obj, patch: object): Obj => {
  const changed = mergePatch(object, patch);
  return deepFreeze(defaultBuiltin(gvkOf(changed), changed)) as Obj;
};
const pod = (spec: object) => made('v1', 'Pod', { spec: { containers: [container], ...spec } });
const withContainer = (members: object, spec: object = {}) => pod({ containers: [{ ...container, ...members }], ...spec });

const invalid: [string, Obj, string[]][] = [
  ['a Pod without containers', pod({ containers: [] }), ['spec.containers: Required value']],
  ['a container without a name', withContainer({ name: '' }), ['spec.containers[0].name: Required value']],
  ['a container without an image', withContainer({ image: undefined }), ['spec.containers[0].image: Required value']],
  ['two containers of one name', pod({ containers: [container, container] }), ['spec.containers[1].name: Duplicate value: "c"']],
  [
    'an unknown pull policy',
    withContainer({ imagePullPolicy: 'Sometimes' }),
    ['spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
  ],
  [
    'an unknown restart policy',
    pod({ restartPolicy: 'Sometimes' }),
    ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
  ],
  [
    'ports out of range and with bad names',
    withContainer({ ports: [{ containerPort: 70000, name: 'Web_Port_Of_Mine' }] }),
    [
      'spec.containers[0].ports[0].name: Invalid value: "Web_Port_Of_Mine": must be no more than 15 characters',
      'spec.containers[0].ports[0].name: Invalid value: "Web_Port_Of_Mine": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
  ],
  [
    'a mount of no volume',
    withContainer({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
    ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  ],
  [
    'a request above its limit',
    withContainer({ resources: { limits: { cpu: '500m' }, requests: { cpu: '1' } } }),
    ['spec.containers[0].resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 500m'],
  ],
  [
    'a volume of two kinds',
    pod({ volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] }),
    ['spec.volumes[0].hostPath: Forbidden: may not specify more than one volume type'],
  ],
  [
    'a probe without a handler',
    withContainer({ livenessProbe: { periodSeconds: 1 } }),
    ['spec.containers[0].livenessProbe: Required value: must specify a handler type'],
  ],
  [
    'a probe on an init container',
    pod({ initContainers: [{ ...container, name: 'i', readinessProbe: { exec: { command: ['true'] } } }] }),
    ['spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
  ],
  [
    'an environment variable with two values',
    withContainer({ env: [{ name: 'A', value: 'b', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    ['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
  ],
  [
    'a Deployment that does not select its Pods',
    made('apps/v1', 'Deployment', { spec: { selector: { matchLabels: { a: 'c' } }, template } }),
    ['spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`'],
  ],
  ['a Deployment without a selector', made('apps/v1', 'Deployment', { spec: { template } }), ['spec.selector: Required value']],
  [
    'a Deployment with an empty selector',
    made('apps/v1', 'Deployment', { spec: { selector: {}, template } }),
    ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  ],
  [
    'a Deployment whose Pods do not restart',
    made('apps/v1', 'Deployment', { spec: { selector, template: jobTemplate } }),
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  [
    'a negative number of replicas',
    made('apps/v1', 'ReplicaSet', { spec: { replicas: -1, selector, template } }),
    ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'a Job whose Pods always restart',
    made('batch/v1', 'Job', { spec: { template } }),
    ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ],
  [
    'an Indexed Job without completions',
    made('batch/v1', 'Job', { spec: { template: jobTemplate, completionMode: 'Indexed', parallelism: 2 } }),
    ['spec.completions: Required value: when completion mode is Indexed'],
  ],
  [
    'a schedule of four fields',
    made('batch/v1', 'CronJob', { spec: { schedule: '* * * *', jobTemplate: { spec: { template: jobTemplate } } } }),
    ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
  ],
  [
    'an unknown time zone',
    made('batch/v1', 'CronJob', {
      spec: { schedule: '@daily', timeZone: 'Mars/North', jobTemplate: { spec: { template: jobTemplate } } },
    }),
    ['spec.timeZone: Invalid value: "Mars/North": unknown time zone Mars/North'],
  ],
  ['a Service without ports', made('v1', 'Service', { spec: { selector: { a: 'b' } } }), ['spec.ports: Required value']],
  [
    'unnamed ports of a Service',
    made('v1', 'Service', { spec: { ports: [{ port: 80, name: 'a' }, { port: 0 }] } }),
    [
      'spec.ports[1].name: Required value',
      'spec.ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ports[1].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
  ],
  [
    'a bad key of a ConfigMap',
    made('v1', 'ConfigMap', { data: { 'a/b': 'c' } }),
    [
      `data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
    ],
  ],
  [
    'a TLS Secret without its key',
    made('v1', 'Secret', { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }),
    ['data[tls.key]: Required value'],
  ],
  [
    'a claim that asks for nothing',
    made('v1', 'PersistentVolumeClaim', { spec: {} }),
    ['spec.accessModes: Required value: at least 1 access mode is required', 'spec.resources[storage]: Required value'],
  ],
  [
    'an autoscaler without room',
    made('autoscaling/v2', 'HorizontalPodAutoscaler', {
      spec: { minReplicas: 3, maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'd' } },
    }),
    ['spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`'],
  ],
  [
    'a Role with a rule for nothing',
    made('rbac.authorization.k8s.io/v1', 'Role', { rules: [{ verbs: ['get'] }] }),
    [
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  ],
  [
    'an Ingress path without a type',
    made('networking.k8s.io/v1', 'Ingress', {
      spec: { rules: [{ http: { paths: [{ path: '/', backend: { service: { name: 's', port: { number: 80 } } } }] } }] },
    }),
    ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
  ],
];
for (const [what, object, expected] of invalid) test(`refuses ${what}`, () => assert.deepEqual(lines(object), expected));

const definition = (spec: object, name = 'foos.example.com') =>
  made('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
    metadata: { name },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' }, versions: [version], ...spec },
    status: { conditions: [{ type: 'Established', status: 'True' }] },
  });
const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };

test('judges a definition around its schemas', () => {
  assert.deepEqual(lines(definition({})), []);
  assert.deepEqual(lines(definition({}, 'foo.example.com')), [
    'metadata.name: Invalid value: "foo.example.com": must be spec.names.plural+"."+spec.group',
  ]);
  assert.match(
    lines(definition({ versions: [version, { ...version, name: 'v2' }] }))[0]!,
    /must have exactly one version marked as storage version$/,
  );
  assert.deepEqual(lines(definition({ scope: 'World' })), [
    'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"',
  ]);
  assert.deepEqual(
    lines(definition({ versions: [{ ...version, additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: 'spec' }] }] })),
    [
      'spec.versions[0].additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.versions[0].additionalPrinterColumns[0].JSONPath: Invalid value: "spec": must be a simple json path starting with .',
    ],
  );
  const scaled = { ...version, subresources: { scale: { specReplicasPath: '.status.n', statusReplicasPath: '.status.n' } } };
  assert.deepEqual(lines(definition({ versions: [scaled] })), [
    'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec',
  ]);
  assert.deepEqual(lines(definition({ scope: 'Cluster' }), definition({})), [
    'spec.scope: Invalid value: "Cluster": field is immutable',
  ]);
});

const deployment = made('apps/v1', 'Deployment', { spec: { selector, template } });
const job = made('batch/v1', 'Job', { spec: { template: jobTemplate } });
const set = made('apps/v1', 'StatefulSet', {
  spec: {
    selector,
    serviceName: 's',
    template: { ...template, spec: { containers: [{ ...container, volumeMounts: [{ name: 'data', mountPath: '/d' }] }] } },
    volumeClaimTemplates: [
      { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    ],
  },
});
const service = made('v1', 'Service', { spec: { ports: [{ port: 80 }] } });

test('accepts ordinary objects', () => {
  for (const object of [deployment, job, set, service, pod({})]) assert.deepEqual(lines(object), []);
});

test('a selector is for ever', () => {
  const changed = patched(deployment, {
    spec: { selector: { matchLabels: { a: null, c: 'd' } }, template: { metadata: { labels: { c: 'd' } } } },
  });
  assert.deepEqual(lines(changed, deployment), ['spec.selector: Invalid value: {"matchLabels":{"c":"d"}}: field is immutable']);
});

test('the image of a Pod may change, its command not', () => {
  const old = pod({});
  assert.deepEqual(lines(withContainer({ image: 'other:1', imagePullPolicy: 'Always' }), old), []);
  const [line] = lines(withContainer({ command: ['x'] }), old);
  assert.match(
    line!,
    /^spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,`spec.initContainers/,
  );
  assert.match(line!, /changed: spec\.containers$/);
  assert.deepEqual(lines(pod({ containers: [container, { ...container, name: 'd' }] }), old), [
    'spec.containers: Forbidden: pod updates may not add or remove containers',
  ]);
});

test('a Pod is resized and debugged through its subresources only', () => {
  const old = pod({});
  const resized = withContainer({ resources: { limits: { cpu: '1' } } });
  assert.equal(lines(resized, old).length, 1);
  assert.deepEqual(lines(resized, old, 'resize'), []);
  const debugged = pod({ ephemeralContainers: [{ ...container, name: 'debug' }] });
  assert.equal(lines(debugged, old).length, 1);
  assert.deepEqual(lines(debugged, old, 'ephemeralcontainers'), []);
});

test('the template of a Job is for ever, but a suspended one may be told where to run', () => {
  const changed = patched(job, { spec: { template: { spec: { nodeSelector: { zone: 'a' } } } } });
  assert.match(lines(changed, job).at(-1)!, /^spec\.template: Invalid value: .*: field is immutable$/);
  const suspended = patched(job, { spec: { suspend: true } });
  const moved = patched(suspended, { spec: { suspend: false, template: { spec: { nodeSelector: { zone: 'a' } } } } });
  assert.deepEqual(lines(moved, suspended), []);
  const other = patched(suspended, { spec: { template: { spec: { containers: [{ ...container, image: 'j' }] } } } });
  assert.match(lines(other, suspended).at(-1)!, /^spec\.template: /);
});

test('an Indexed Job grows when completions and parallelism grow together', () => {
  const indexed = made('batch/v1', 'Job', {
    spec: { template: jobTemplate, completionMode: 'Indexed', completions: 2, parallelism: 2 },
  });
  assert.deepEqual(lines(patched(indexed, { spec: { completions: 3, parallelism: 3 } }), indexed), []);
  assert.deepEqual(lines(patched(indexed, { spec: { completions: 3 } }), indexed), [
    'spec.completions: Invalid value: 3: field is immutable',
  ]);
});

test('a StatefulSet keeps its service and claims', () => {
  assert.deepEqual(lines(patched(set, { spec: { replicas: 3 } }), set), []);
  assert.deepEqual(lines(patched(set, { spec: { serviceName: 't' } }), set), [
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ]);
});

test('the address of a Service and the role of a binding stay', () => {
  const placed = patched(service, { spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] } });
  const moved = patched(placed, { spec: { clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] } });
  assert.deepEqual(lines(moved, placed), ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set']);
  const binding = made('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { kind: 'Role', name: 'r' }, subjects: [] });
  assert.match(
    lines(patched(binding, { roleRef: { name: 'q' } }), binding)[0]!,
    /^roleRef: Invalid value: .*: cannot change roleRef$/,
  );
});

test('an immutable ConfigMap stays as it is', () => {
  const frozen = made('v1', 'ConfigMap', { immutable: true, data: { a: 'b' } });
  assert.deepEqual(lines(patched(frozen, { data: { a: 'c' } }), frozen), [
    'data: Forbidden: field is immutable when `immutable` is set',
  ]);
});

test('a bound claim may grow, not shrink, and not change otherwise', () => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } };
  const claim = made('v1', 'PersistentVolumeClaim', { spec, status: { phase: 'Bound', capacity: { storage: '2Gi' } } });
  const resized = (storage: string) => patched(claim, { spec: { resources: { requests: { storage } } } });
  assert.deepEqual(lines(resized('3Gi'), claim), []);
  assert.deepEqual(lines(resized('1Gi'), claim), [
    'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
  ]);
  assert.equal(lines(patched(claim, { spec: { accessModes: ['ReadWriteMany'] } }), claim).length, 1);
});
