import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, kubectlPath, Skiff } from '../lib/skiff.ts';

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name);
const kubectlIsThere = kubectlPath() !== undefined;

describe('workloads by kubectl 1.32', { skip: !kubectlIsThere && 'needs-package:kubectl' }, () => {
  let skiff: Skiff;
  before(async () => {
    skiff = await Skiff.start({ args: ['--fake-nodes', '2'] });
    k('apply', '-f', fixture('workloads.yaml'), '-f', fixture('jobs.yaml'));
  });
  after(() => skiff.stop());

  /** Runs kubectl and demands success. */
  function k(...args: string[]): string {
    const r = skiff.kubectl(args);
    assert.equal(r.status, 0, `kubectl ${args.join(' ')}: ${r.stderr}${r.stdout}`);
    return r.stdout;
  }
  const path = (what: string, jsonpath: string) => k('get', ...what.split(' '), '-o', `jsonpath=${jsonpath}`);
  const conditions = (what: string) => path(what, '{range .status.conditions[*]}{.type}={.status} {.reason}{"\\n"}{end}');
  const waitFor = (what: string, condition: string) => k('wait', what, `--for=${condition}`, '--timeout=30s');

  test('a Deployment rolls out, is paused, resumed, undone and restarted, and keeps its history', () => {
    const status = () => k('rollout', 'status', 'deployment/web', '--timeout=30s');
    assert.match(status(), /deployment "web" successfully rolled out/);
    k('annotate', 'deployment/web', 'kubernetes.io/change-cause=first');
    k('set', 'env', 'deployment/web', 'COLOUR=red');
    k('annotate', 'deployment/web', 'kubernetes.io/change-cause=red', '--overwrite');
    status();
    assert.match(k('rollout', 'history', 'deployment/web'), /1 +first\n2 +red/);
    assert.match(k('rollout', 'history', 'deployment/web', '--revision=2'), /COLOUR:\s+red/);
    k('rollout', 'pause', 'deployment/web');
    k('set', 'env', 'deployment/web', 'COLOUR=blue');
    waitFor('deployment/web', 'jsonpath={.status.conditions[?(@.type=="Progressing")].reason}=DeploymentPaused');
    assert.equal(path('rs -l app=web', '{.items[*].metadata.name}').split(' ').length, 2);
    k('rollout', 'resume', 'deployment/web');
    status();
    assert.equal(path('deployment/web', '{.metadata.annotations.deployment\\.kubernetes\\.io/revision}'), '3');
    k('rollout', 'undo', 'deployment/web', '--to-revision=1');
    status();
    assert.equal(path('deployment/web', '{.spec.template.spec.containers[0].env}'), '');
    assert.match(k('rollout', 'history', 'deployment/web'), /2 +red\n3 +.*\n4 +first/);
    k('rollout', 'restart', 'deployment/web');
    status();
    assert.match(
      conditions('deployment/web'),
      /Available=True MinimumReplicasAvailable\nProgressing=True NewReplicaSetAvailable/,
    );
  });

  test('an Indexed Job completes every index', () => {
    waitFor('job/indexed', 'condition=Complete');
    assert.equal(path('job/indexed', '{.status.completedIndexes} {.status.succeeded}'), '0-2 3');
    const log = k('logs', '-l', 'job-name=indexed', '--tail=-1').split('\n').filter(Boolean).sort();
    assert.deepEqual(log, ['0 indexed-0', '1 indexed-1', '2 indexed-2']);
  });

  test('a Job ends by its success policy', () => {
    waitFor('job/first', 'condition=Complete');
    assert.equal(conditions('job/first'), 'SuccessCriteriaMet=True SuccessPolicy\nComplete=True SuccessPolicy\n');
    assert.equal(path('job/first', '{.status.conditions[0].message}'), 'Matched rules at index 0');
    assert.match(k('events', '--for', 'job/first'), /Completed.*Job completed/);
  });

  test('a Job fails by its Pod failure policy at once', () => {
    waitFor('job/fatal', 'condition=Failed');
    assert.equal(conditions('job/fatal'), 'FailureTarget=True PodFailurePolicy\nFailed=True PodFailurePolicy\n');
    assert.match(
      path('job/fatal', '{.status.conditions[1].message}'),
      /^Container c for pod default\/fatal-\w+ failed with exit code 42 matching FailJob rule at index 0$/,
    );
    assert.equal(path('job/fatal', '{.status.failed}'), '1');
  });

  test('a Job says which indexes have failed', () => {
    waitFor('job/parted', 'condition=Failed');
    assert.equal(path('job/parted', '{.status.completedIndexes}/{.status.failedIndexes}'), '0/1');
    assert.match(conditions('job/parted'), /Failed=True FailedIndexes/);
  });

  test('a suspended Job takes another template, resumes, and goes when its time is over', async () => {
    assert.equal(conditions('job/held'), 'Suspended=True JobSuspended\n');
    k('patch', 'job/held', '-p', '{"spec":{"template":{"metadata":{"labels":{"queue":"a"}}}}}');
    k('patch', 'job/held', '-p', '{"spec":{"suspend":false}}');
    await eventually('it is gone', () => skiff.kubectl(['get', 'job/held']).status !== 0);
    assert.match(k('events', '--types=Normal'), /Resumed +Job\/held +Job resumed/);
  });

  test('a CronJob is started by hand', () => {
    k('create', 'job', 'now', '--from=cronjob/nightly');
    waitFor('job/now', 'condition=Complete');
    assert.equal(
      path('job/now', '{.metadata.ownerReferences[0].name}{.metadata.annotations}'),
      'nightly{"cronjob.kubernetes.io/instantiate":"manual"}',
    );
    assert.equal(k('logs', 'job/now'), 'done\n');
  });

  test('a StatefulSet is scaled both ways, updated and undone', async () => {
    const status = () => k('rollout', 'status', 'statefulset/db', '--timeout=30s');
    status();
    k('scale', 'statefulset/db', '--replicas=3');
    status();
    assert.equal(path('pvc', '{.items[*].metadata.name}'), 'data-db-0 data-db-1 data-db-2');
    k('scale', 'statefulset/db', '--replicas=1');
    await eventually('claims of what went are gone', () => path('pvc', '{.items[*].metadata.name}') === 'data-db-0');
    k('set', 'env', 'statefulset/db', 'COLOUR=red');
    assert.match(status(), /rolling update complete|roll out complete/);
    assert.match(k('rollout', 'history', 'statefulset/db'), /1 +<none>\n2 +<none>/);
    k('rollout', 'undo', 'statefulset/db');
    status();
    assert.equal(path('pod/db-0', '{.spec.containers[0].env}'), '');
  });

  test('a DaemonSet has its Pod on the node, and rolls', () => {
    const status = () => k('rollout', 'status', 'daemonset/agent', '--timeout=30s');
    assert.match(status(), /daemon set "agent" successfully rolled out/);
    assert.equal(path('daemonset/agent', '{.status.desiredNumberScheduled} {.status.numberAvailable}'), '1 1');
    k('set', 'env', 'daemonset/agent', 'COLOUR=red');
    status();
    assert.equal(path('pods -l app=agent', '{.items[*].spec.containers[0].env[0].value}'), 'red');
    assert.match(k('rollout', 'history', 'daemonset/agent'), /1 +<none>\n2 +<none>/);
    k('rollout', 'undo', 'daemonset/agent');
    status();
    assert.equal(path('pods -l app=agent', '{.items[*].spec.containers[0].env}'), '');
  });

  test('a budget holds evictions back until there is more than it needs, then lets a node be drained', () => {
    const node = path('nodes -l node-role.kubernetes.io/control-plane', '{.items[0].metadata.name}');
    const evict = () => {
      const [pod] = path('pods -l app=web', '{.items[*].metadata.name}').split(' ');
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: 'default' } };
      const url = `/api/v1/namespaces/default/pods/${pod}/eviction`;
      return skiff.kubectl(['create', '--raw', url, '-f', '-'], JSON.stringify(eviction));
    };
    waitFor('pdb/web', 'jsonpath={.status.disruptionsAllowed}=0');
    const refused = evict();
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /Cannot evict pod as it would violate the pod's disruption budget\./);
    k('scale', 'deployment/web', '--replicas=3');
    waitFor('pdb/web', 'jsonpath={.status.disruptionsAllowed}=1');
    assert.equal(evict().status, 0);
    k('patch', 'pdb/web', '--type=merge', '-p', '{"spec":{"minAvailable":0}}');
    waitFor('pdb/web', 'jsonpath={.status.desiredHealthy}=0');
    const drain = ['drain', node, '--ignore-daemonsets', '--pod-selector=app=web', '--timeout=60s'];
    try {
      assert.match(k(...drain), /evicting pod default\/web-\S+\n(.*\n)*node\/\S+ drained/);
      assert.match(k('get', 'nodes'), /Ready,SchedulingDisabled/);
    } finally {
      k('uncordon', node);
    }
    k('rollout', 'status', 'deployment/web', '--timeout=30s');
    waitFor('pdb/web', 'jsonpath={.status.disruptionsAllowed}=3');
  });

  test('a Deployment whose Pods a quota refuses says so, and recovers', () => {
    k('create', 'namespace', 'poor');
    k('-n', 'poor', 'create', 'quota', 'none', '--hard=pods=0');
    k('-n', 'poor', 'create', 'deployment', 'web', '--image=busybox', '--', 'sleep', '600');
    const failure = 'jsonpath={.status.conditions[?(@.type=="ReplicaFailure")].reason}=FailedCreate';
    k('-n', 'poor', 'wait', 'deployment/web', `--for=${failure}`, '--timeout=10s');
    assert.match(
      k('-n', 'poor', 'events', '--types=Warning'),
      /FailedCreate.*Error creating: pods "web-\S+" is forbidden: exceeded quota: none/,
    );
    k('-n', 'poor', 'delete', 'quota', 'none');
    k('-n', 'poor', 'rollout', 'status', 'deployment/web', '--timeout=20s');
    assert.doesNotMatch(k('-n', 'poor', 'get', 'deployment/web', '-o', 'yaml'), /ReplicaFailure/);
  });

  test('fake nodes take what tolerates them; what is urgent takes the place of what is not', () => {
    assert.equal(path('nodes -l type=kwok', '{.items[*].metadata.name}'), 'fake-0 fake-1');
    k('apply', '-f', fixture('placement.yaml'));
    k('rollout', 'status', 'deployment/filler', '--timeout=30s');
    assert.deepEqual(path('pods -l app=filler', '{.items[*].spec.nodeName}').split(' ').sort(), ['fake-0', 'fake-1']);
    k('apply', '-f', fixture('urgent.yaml'));
    waitFor('pod/vip', 'condition=Ready');
    assert.match(k('events', '--types=Normal'), /Preempted +Pod\/filler-\S+ +Preempted by pod \S+ on node fake-/);
    waitFor('pod/large', 'jsonpath={.status.conditions[?(@.type=="PodScheduled")].reason}=Unschedulable');
    assert.match(
      k('events', '--for', 'pod/large'),
      /FailedScheduling.*0\/3 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector, 2 Insufficient cpu\./,
    );
  });
});
