import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { deepFreeze, type Gvk, type Obj } from '../../kube/index.ts';
import { cellsFor, columnsFor, humanDuration } from './index.ts';

const now = new Date('2026-01-10T00:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString();

/** A row as a name-to-cell record. */
function row(gvk: Gvk, o: object, crd?: Parameters<typeof columnsFor>[1]): Record<string, unknown> {
  const object = deepFreeze({ metadata: { name: 'x', creationTimestamp: ago(300) }, ...o }) as unknown as Obj;
  const cells = cellsFor(gvk, object as never, now, crd);
  const columns = columnsFor(gvk, crd);
  assert.equal(cells.length, columns.length);
  return Object.fromEntries(columns.map((c, i) => [c.name, cells[i]]));
}

test('says durations as kubectl', () => {
  const cases: [number, string][] = [
    [-5, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [200, '3m20s'],
    [600, '10m'],
    [179 * 60, '179m'],
    [180 * 60, '3h'],
    [3.5 * 3600, '3h30m'],
    [47 * 3600, '47h'],
    [51 * 3600, '2d3h'],
    [7 * 86400, '7d'],
    [9 * 86400 + 3600, '9d'],
    [800 * 86400, '2y70d'],
    [3000 * 86400, '8y'],
  ];
  for (const [seconds, expected] of cases) assert.equal(humanDuration(seconds * 1000), expected, `${seconds}`);
});

const pod = (status: object, o: { spec?: object; metadata?: object } = {}) => ({
  metadata: { name: 'p', creationTimestamp: ago(300), ...o.metadata },
  spec: { containers: [{ name: 'a' }, { name: 'b' }], ...o.spec },
  status,
});
const status = (p: object) => row('v1/Pod', p)['Status'];
const container = (state: object, more: object = {}) => ({ name: 'a', restartCount: 0, ready: false, state, ...more });
const init = { spec: { initContainers: [{ name: 'i' }, { name: 'j' }] } };

test('says the status of a Pod in one word', () => {
  const running = container({ running: {} }, { ready: true });
  const cases: [object, string][] = [
    [pod({ phase: 'Pending' }), 'Pending'],
    [pod({ phase: 'Failed', reason: 'Evicted' }), 'Evicted'],
    [pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] }), 'SchedulingGated'],
    [
      pod({ phase: 'Pending', containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })] }),
      'ContainerCreating',
    ],
    [pod({ phase: 'Running', containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } })] }), 'CrashLoopBackOff'],
    [
      pod({ phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })] }),
      'Completed',
    ],
    [pod({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 1, reason: 'Error' } })] }), 'Error'],
    [
      pod({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 137, reason: 'OOMKilled' } })] }),
      'OOMKilled',
    ],
    [pod({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 3 } })] }), 'ExitCode:3'],
    [pod({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 137, signal: 9 } })] }), 'Signal:9'],
    [
      pod({ phase: 'Running', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } }), running] }),
      'NotReady',
    ],
    [
      pod({
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } }), running],
      }),
      'Running',
    ],
    [pod({ phase: 'Pending', initContainerStatuses: [container({ running: {} })] }, init), 'Init:0/2'],
    [
      pod(
        { phase: 'Pending', initContainerStatuses: [container({ terminated: { exitCode: 0 } }), container({ running: {} })] },
        init,
      ),
      'Init:1/2',
    ],
    [
      pod({ phase: 'Pending', initContainerStatuses: [container({ waiting: { reason: 'ErrImagePull' } })] }, init),
      'Init:ErrImagePull',
    ],
    [
      pod({ phase: 'Failed', initContainerStatuses: [container({ terminated: { exitCode: 1, reason: 'Error' } })] }, init),
      'Init:Error',
    ],
    [pod({ phase: 'Failed', initContainerStatuses: [container({ terminated: { exitCode: 4 } })] }, init), 'Init:ExitCode:4'],
    [pod({ phase: 'Running' }, { metadata: { deletionTimestamp: ago(1) } }), 'Terminating'],
    [pod({ phase: 'Running', reason: 'NodeLost' }, { metadata: { deletionTimestamp: ago(1) } }), 'Unknown'],
    [
      pod(
        { phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })] },
        { metadata: { deletionTimestamp: ago(1) } },
      ),
      'Completed',
    ],
  ];
  for (const [object, expected] of cases) assert.equal(status(object), expected, JSON.stringify(object));
});

test('counts ready containers, sidecars and restarts of a Pod', () => {
  const cells = row(
    'v1/Pod',
    pod(
      {
        phase: 'Running',
        podIP: '10.0.0.1',
        conditions: [{ type: 'gate', status: 'True' }],
        initContainerStatuses: [container({ running: {} }, { name: 'i', started: true, ready: true })],
        containerStatuses: [
          container({ running: {} }, { ready: true, restartCount: 2, lastState: { terminated: { finishedAt: ago(90) } } }),
          container({ running: {} }, { name: 'b' }),
        ],
      },
      {
        spec: {
          nodeName: 'n',
          initContainers: [{ name: 'i', restartPolicy: 'Always' }],
          readinessGates: [{ conditionType: 'gate' }],
        },
      },
    ),
  );
  assert.deepEqual(cells, {
    Name: 'p',
    Ready: '2/3',
    Status: 'Running',
    Restarts: '2 (90s ago)',
    Age: '5m',
    IP: '10.0.0.1',
    Node: 'n',
    'Nominated Node': '<none>',
    'Readiness Gates': '1/1',
  });
});

test('shows upstream columns in upstream order', () => {
  const narrow = (gvk: Gvk) =>
    columnsFor(gvk)
      .filter(c => c.priority === 0)
      .map(c => c.name.toUpperCase())
      .join(' ');
  assert.equal(narrow('v1/Pod'), 'NAME READY STATUS RESTARTS AGE');
  assert.equal(narrow('apps/v1/Deployment'), 'NAME READY UP-TO-DATE AVAILABLE AGE');
  assert.equal(narrow('batch/v1/Job'), 'NAME STATUS COMPLETIONS DURATION AGE');
  assert.equal(narrow('v1/Service'), 'NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE');
  assert.equal(narrow('v1/Node'), 'NAME STATUS ROLES AGE VERSION');
  assert.equal(narrow('v1/Event'), 'LAST SEEN TYPE REASON OBJECT MESSAGE');
  assert.equal(narrow('x.y/v1/Unknown'), 'NAME AGE');
});

test('prints workloads', () => {
  const template = { spec: { containers: [{ name: 'c', image: 'i:1' }] } };
  const deployment = row('apps/v1/Deployment', {
    spec: { replicas: 3, template, selector: { matchLabels: { app: 'x' } } },
    status: { readyReplicas: 2, updatedReplicas: 3 },
  });
  assert.deepEqual(deployment, {
    Name: 'x',
    Ready: '2/3',
    'Up-to-date': 3,
    Available: 0,
    Age: '5m',
    Containers: 'c',
    Images: 'i:1',
    Selector: 'app=x',
  });
  const job = (spec: object, jobStatus: object) => {
    const { Status, Completions, Duration } = row('batch/v1/Job', { spec: { template, ...spec }, status: jobStatus });
    return [Status, Completions, Duration];
  };
  assert.deepEqual(job({ completions: 2 }, { succeeded: 1, startTime: ago(70) }), ['Running', '1/2', '70s']);
  const done = { succeeded: 1, startTime: ago(70), completionTime: ago(60), conditions: [{ type: 'Complete', status: 'True' }] };
  assert.deepEqual(job({ parallelism: 1 }, done), ['Complete', '1/1', '10s']);
  assert.deepEqual(job({ parallelism: 4 }, { conditions: [{ type: 'Suspended', status: 'True' }] }), [
    'Suspended',
    '0/1 of 4',
    '',
  ]);
});

test('prints the network', () => {
  const service = (spec: object, more: object = {}) => {
    const cells = row('v1/Service', {
      spec: {
        clusterIP: '10.96.0.1',
        ports: [
          { port: 80, nodePort: 30080 },
          { port: 53, protocol: 'UDP' },
        ],
        ...spec,
      },
      ...more,
    });
    return [cells['Cluster-IP'], cells['External-IP'], cells['Port(s)']];
  };
  assert.deepEqual(service({ type: 'ClusterIP' }), ['10.96.0.1', '<none>', '80:30080/TCP,53/UDP']);
  assert.deepEqual(service({ type: 'LoadBalancer' })[1], '<pending>');
  assert.deepEqual(
    service({ type: 'LoadBalancer' }, { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } })[1],
    '1.2.3.4',
  );
  assert.deepEqual(service({ type: 'ExternalName', externalName: 'a.b', clusterIP: '', ports: [] }), ['<none>', 'a.b', '<none>']);
  const addresses = ['1', '2', '3', '4'].map(n => ({ ip: `10.0.0.${n}` }));
  assert.equal(
    row('v1/Endpoints', { subsets: [{ addresses, ports: [{ port: 80 }] }] })['Endpoints'],
    '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...',
  );
});

test('prints storage and cluster kinds', () => {
  const claim = { spec: { volumeName: 'pv', storageClassName: 'standard', volumeMode: 'Filesystem' } };
  const bound = { ...claim, status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] } };
  assert.deepEqual(Object.values(row('v1/PersistentVolumeClaim', bound)), [
    'x',
    'Bound',
    'pv',
    '1Gi',
    'RWO',
    'standard',
    '<unset>',
    '5m',
    'Filesystem',
  ]);
  const standard = { metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } };
  assert.equal(row('storage.k8s.io/v1/StorageClass', standard)['Name'], 'standard (default)');
  const node = row('v1/Node', {
    metadata: { name: 'n', labels: { 'node-role.kubernetes.io/control-plane': '' } },
    spec: { unschedulable: true },
    status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1.33.0' } },
  });
  assert.deepEqual(
    [node['Status'], node['Roles'], node['Version'], node['Age']],
    ['Ready,SchedulingDisabled', 'control-plane', 'v1.33.0', '<unknown>'],
  );
  const event = row('v1/Event', {
    type: 'Normal',
    reason: 'Created',
    message: 'done\n',
    involvedObject: { kind: 'Pod', name: 'p' },
    lastTimestamp: ago(5),
    firstTimestamp: ago(50),
    source: { component: 'kubelet', host: 'n' },
  });
  assert.deepEqual(Object.values(event), ['5s', 'Normal', 'Created', 'pod/p', '', 'kubelet, n', 'done', '50s', 1, 'x']);
});

test('prints custom columns by type, missing ones empty', () => {
  const columns = [
    { name: 'State', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Count', type: 'integer', jsonPath: '.spec.count', priority: 1 },
    { name: 'Since', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'None', type: 'string', jsonPath: '.spec.none' },
  ];
  const object = { spec: { count: 3 }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  assert.deepEqual(row('x.y/v1/Thing', object, columns), { Name: 'x', State: 'True', Count: 3, Since: '5m', None: null });
  assert.deepEqual(
    columnsFor('x.y/v1/Thing', columns).map(c => c.priority),
    [0, 0, 1, 0, 0],
  );
});

const EXEMPLAR = new URL('../../../../shared/conformance/apimachinery/table/exemplar_pod.yaml', import.meta.url);
test('prints the Pod that upstream benchmarks with', { skip: !existsSync(EXEMPLAR) }, () => {
  const cells = row('v1/Pod', parse(readFileSync(EXEMPLAR, 'utf8')));
  assert.match(String(cells['Ready']), /^\d+\/\d+$/);
  assert.match(String(cells['Name']), /^small-deployment-10-/);
});
