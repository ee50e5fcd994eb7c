import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors, type Obj } from '../../kube/index.ts';
import { faultyClient } from '../../kube/testing/faulty-client.ts';
import { seededIds, systemClock } from '../../lib/index.ts';
import { artifactsOf } from '../../metadata/index.ts';
import type { NodeRow } from '../api/node.ts';
import { LOG_BUCKET, logKey } from '../effects/step-log.ts';
import { localPath } from '../ir/paths.ts';
import type { PipelineSpec } from '../ir/spec.ts';
import { type Inside, inputOf, TestCluster } from './cluster.ts';
import { component, dag, pipeline, task } from './pipeline.ts';

/** make -> use: a number and a model from one to the other. */
function makeAndUse(): PipelineSpec {
  const model = { artifactType: { schemaTitle: 'system.Model', schemaVersion: '0.0.1' } };
  const make = component({}, { n: 'NUMBER_INTEGER' });
  make.outputDefinitions!.artifacts = { model };
  const use = component({ n: 'NUMBER_INTEGER' }, { said: 'STRING' });
  use.inputDefinitions!.artifacts = { model };
  const useTask = task('use', { n: 'make.n' }, { dependentTasks: ['make'] });
  useTask.inputs!.artifacts = { model: { taskOutputArtifact: { producerTask: 'make', outputArtifactKey: 'model' } } };
  const spec = pipeline(dag({ make: task('make', {}, cached), use: useTask }), { make, use });
  spec.deploymentSpec!.executors!['exec']!.container!.args = ['{{$}}'];
  return spec;
}
const cached = { cachingOptions: { enableCache: true } };
const uriOf = (list: { artifacts: { uri: string }[] }) => list.artifacts[0]!.uri;

function program({ task: name, input, read, write }: Inside): number {
  if (name === 'make') {
    write(input.outputs.parameters['n']!.outputFile, '42');
    write(localPath(uriOf(input.outputs.artifacts['model']!)), 'weights');
    const metadata = { framework: 'none' };
    write(input.outputs.outputFile, JSON.stringify({ artifacts: { model: { artifacts: [{ metadata }] } } }));
  } else {
    const weights = read(localPath(uriOf(input.inputs.artifacts['model']!)));
    write(input.outputs.parameters['said']!.outputFile, `${weights} ${input.inputs.parameterValues['n']}`);
  }
  return 0;
}
async function rowsOf(cluster: TestCluster, run: string): Promise<Record<string, NodeRow>> {
  const rows = await cluster.env.ledger.all<{ json: string }>('SELECT json FROM run_node WHERE run_uid = ? ORDER BY ordinal', [
    `uid-${run}`,
  ]);
  return Object.fromEntries(rows.map(r => JSON.parse(r.json) as NodeRow).map(r => [r.id, r]));
}
const succeeded = (cluster: TestCluster, name: string) => () => cluster.run(name).status?.state === 'SUCCEEDED';

test('a run goes from its object to Pods, artifacts, lineage and status', async () => {
  await using cluster = await TestCluster.start(program);
  cluster.createRun('first', makeAndUse());
  await cluster.until('the run succeeds', succeeded(cluster, 'first'));
  assert.deepEqual(cluster.started, ['make', 'use']);
  const { status } = cluster.run('first');
  assert.deepEqual(status!.counts, { Succeeded: 2 });
  assert.deepEqual(
    status!.stateHistory!.map(h => h.state),
    ['PENDING', 'RUNNING', 'SUCCEEDED'],
  );
  const rows = await rowsOf(cluster, 'first');
  assert.equal(rows['use']!.outputs.parameters['said'], 'weights 42');
  const [model] = rows['make']!.outputs.artifacts;
  assert.equal(model!.sizeBytes, 7);
  assert.deepEqual(model!.metadata, { framework: 'none' });
  const recorded = await artifactsOf(cluster.env.ledger, 'uid-first');
  assert.deepEqual(
    recorded.map(a => [a.artifactId, a.uri]),
    [[model!.artifactId, model!.uri]],
  );
  await cluster.until('the Pods are let go', () => cluster.pods().every(p => p.metadata.finalizers?.length === 0));
  assert.equal(cluster.pods().length, 2);
});

test('a task whose scope starts when the cache has been asked for its like already is taken from the cache at once', async () => {
  await using cluster = await TestCluster.start(({ input, write }) => {
    write(input.outputs.parameters['n']!.outputFile, '1');
    return 0;
  });
  const twin = () => task('twin', {}, cached);
  const inner = dag({ twin: twin() });
  const root = dag({ twin: twin(), scope: task('inner', {}, { dependentTasks: ['twin'] }) });
  const spec = pipeline(root, { twin: component({}, { n: 'NUMBER_INTEGER' }), inner });
  spec.deploymentSpec!.executors!['exec']!.container!.args = ['{{$}}'];
  for (const name of ['one', 'two']) {
    cluster.createRun(name, spec);
    await cluster.until('the run succeeds', succeeded(cluster, name));
  }
  const rows = await rowsOf(cluster, 'two');
  assert.deepEqual([rows['twin']!.state, rows['scope.twin']!.state], ['Cached', 'Cached']);
});

test('the second run takes from the cache what the first has made', async () => {
  await using cluster = await TestCluster.start(program);
  cluster.createRun('one', makeAndUse());
  await cluster.until('the first run succeeds', succeeded(cluster, 'one'));
  cluster.createRun('two', makeAndUse());
  await cluster.until('the second run succeeds', succeeded(cluster, 'two'));
  assert.deepEqual(cluster.started, ['make', 'use', 'use']);
  const rows = await rowsOf(cluster, 'two');
  assert.equal(rows['make']!.state, 'Cached');
  assert.equal(rows['make']!.cachedFromRun, 'uid-one');
  assert.equal(rows['use']!.outputs.parameters['said'], 'weights 42');
});

test('a step that exits with an error fails its run, and says so', async () => {
  await using cluster = await TestCluster.start(() => 3);
  cluster.createRun('bad', makeAndUse());
  await cluster.until('the run fails', () => cluster.run('bad').status?.state === 'FAILED');
  assert.match(cluster.run('bad').status!.error!.message, /task make failed: exit code 3/);
  assert.deepEqual(cluster.started, ['make']);
});

test('a step that writes no output fails', async () => {
  await using cluster = await TestCluster.start(() => 0);
  cluster.createRun('empty', makeAndUse());
  await cluster.until('the run fails', () => cluster.run('empty').status?.state === 'FAILED');
  assert.match(cluster.run('empty').status!.error!.message, /wrote no output parameter "n"/);
});

test('terminating kills the Pods and ends FAILED, after CANCELING was to be seen', async () => {
  await using cluster = await TestCluster.start(() => 'forever');
  cluster.createRun('long', makeAndUse());
  await cluster.until('a Pod runs', () => cluster.pods().some(p => p.status?.phase === 'Running'));
  cluster.patchRun('long', { terminate: true });
  await cluster.until('it is being cancelled', () => cluster.run('long').status?.state === 'CANCELING');
  await cluster.until('it is over', () => cluster.run('long').status?.state === 'FAILED');
  const { status } = cluster.run('long');
  assert.equal(status!.error!.message, 'terminated by user');
  assert.deepEqual(
    status!.stateHistory!.map(h => h.state),
    ['PENDING', 'RUNNING', 'CANCELING', 'CANCELED', 'FAILED'],
  );
});

test('a new daemon goes on where the old one stopped and starts no step twice', async () => {
  let hold = true;
  await using cluster = await TestCluster.start(step => (step.task === 'use' && hold ? 'forever' : program(step)));
  cluster.createRun('restart', makeAndUse());
  await cluster.until('the second step runs', () => cluster.started.includes('use'));
  await cluster.close();
  hold = false;
  await cluster.open();
  cluster.patchRun('restart', { terminate: true });
  await cluster.until('the run is over', () => cluster.run('restart').status?.state === 'FAILED');
  assert.deepEqual(cluster.started, ['make', 'use']);
});

test('retrying a failed run repeats only what failed', async () => {
  let broken = true;
  await using cluster = await TestCluster.start(step => (step.task === 'use' && broken ? 1 : program(step)));
  cluster.createRun('again', makeAndUse());
  await cluster.until('the run fails', () => cluster.run('again').status?.state === 'FAILED');
  broken = false;
  cluster.patchRun('again', { retryGeneration: 1 });
  await cluster.until('the run succeeds', succeeded(cluster, 'again'));
  assert.deepEqual(cluster.started, ['make', 'use', 'use#1']);
});

test('deleting a run ends its Pods and forgets its log', async () => {
  await using cluster = await TestCluster.start(() => 'forever');
  cluster.createRun('gone', makeAndUse());
  await cluster.until('a Pod runs', () => cluster.pods().some(p => p.status?.phase === 'Running'));
  await cluster.env.client.write({
    verb: 'delete',
    ref: { apiVersion: 'pipelines.skiff.dev/v1', kind: 'Run', namespace: 'default', name: 'gone' },
  });
  await cluster.until('the run is gone', () => cluster.runs.length === 0);
  assert.deepEqual(await cluster.env.ledger.all('SELECT * FROM run_event'), []);
});

test('logs of all attempts are kept before their Pods may go, and go with their run', async () => {
  await using cluster = await TestCluster.start(step => {
    if (step.task === 'use') step.say(`attempt ${step.attempt}\n`);
    return step.task === 'use' && step.attempt === 0 ? 1 : program(step);
  });
  const { log } = cluster.api;
  cluster.api.log = async () => {
    throw errors.unavailable('no node is connected');
  };
  const spec = makeAndUse();
  spec.root.dag!.tasks!['use']!.retryPolicy = { maxRetryCount: 1 };
  cluster.createRun('talk', spec);
  await cluster.until('the run succeeds', succeeded(cluster, 'talk'));
  assert.ok(cluster.pods().every(p => p.metadata.finalizers!.length === 1));
  cluster.api.log = log;
  await cluster.until('the Pods are let go', () => cluster.pods().every(p => p.metadata.finalizers?.length === 0));
  const kept = async (node: string, attempt: number) => {
    const blob = await cluster.env.blobs.stat(LOG_BUCKET, logKey('uid-talk', node, attempt));
    return blob && Buffer.from(await cluster.env.blobs.read(blob.sha256)).toString();
  };
  assert.deepEqual(
    [await kept('make', 0), await kept('use', 0), await kept('use', 1), await kept('use', 2)],
    ['', 'attempt 0\n', 'attempt 1\n', undefined],
  );
  const { apiVersion, kind } = cluster.run('talk');
  await cluster.env.client.write({ verb: 'delete', ref: { apiVersion, kind, namespace: 'default', name: 'talk' } });
  await cluster.until('the run is gone', () => cluster.runs.length === 0);
  assert.deepEqual(await cluster.env.blobs.listKeys(LOG_BUCKET, ''), []);
});

test("artifacts go where the namespace's kfp-launcher said when the run started", async () => {
  const launcher = (defaultPipelineRoot: string) =>
    cluster.api.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kfp-launcher', namespace: 'default' },
      data: { defaultPipelineRoot },
    } as Obj);
  await using cluster = await TestCluster.start(step => {
    if (step.task === 'make') launcher('s3://other');
    return program(step);
  });
  const roots: string[] = [];
  for (const [name, more] of [['placed'], ['asked', { pipelineRoot: 'gs://mine', cacheDisabled: true }]] as const) {
    launcher('s3://team/root?region=x');
    cluster.createRun(name, makeAndUse(), more);
    await cluster.until('the run succeeds', succeeded(cluster, name));
    roots.push((await rowsOf(cluster, name))['make']!.outputs.artifacts[0]!.uri);
    const use = cluster.pods().find(p => p.metadata.name.startsWith(`${name}-use`))!;
    roots.push(inputOf(use).outputs.outputFile);
  }
  const shown = roots.map(r => r.slice(0, r.indexOf('/uid-')));
  assert.deepEqual(shown, ['s3://team/root/test', '/s3/team/root/test', 'gs://mine/test', '/gcs/mine/test']);
});

/** A run whose `make` is done and whose `use` runs, on a home whose ledger is then lost. */
async function loseLedger(cluster: TestCluster, name: string): Promise<void> {
  cluster.createRun(name, makeAndUse(), { cacheDisabled: true });
  await cluster.until('the second step runs', () => cluster.pods().some(p => p.metadata.name.startsWith(`${name}-use`)));
  await cluster.until('it is seen', () => cluster.started.includes('use'));
}
const forgetAll = [{ sql: 'DELETE FROM run_event' }, { sql: 'DELETE FROM run_node' }];

test('a run whose log is lost takes up the Pods whose outcome nobody has taken', async () => {
  await using cluster = await TestCluster.start(step => (step.task === 'use' ? 'forever' : program(step)));
  // Without its log a Pod is not let go.
  cluster.api.log = async () => {
    throw errors.unavailable('no node is connected');
  };
  await loseLedger(cluster, 'lost');
  await cluster.env.ledger.transaction(forgetAll);
  await cluster.close();
  const { startedAt } = cluster.run('lost').status!;
  await cluster.open();
  await cluster.until('the second step is known again', () => {
    const { status } = cluster.run('lost');
    return status!.startedAt !== startedAt && status!.nodes?.[0]?.id === 'use';
  });
  assert.equal((await rowsOf(cluster, 'lost'))['make']!.state, 'Succeeded');
  assert.equal(cluster.pods().length, 2);
  cluster.patchRun('lost', { terminate: true });
  await cluster.until('the run is over', () => cluster.run('lost').status?.state === 'FAILED');
  assert.deepEqual(cluster.started, ['make', 'use']);
});

test('a run whose log is older than Pods that are let go ends, and says why', async () => {
  await using cluster = await TestCluster.start(step => (step.task === 'use' ? 'forever' : program(step)));
  await loseLedger(cluster, 'old');
  await cluster.until('a Pod is let go', () => cluster.pods().some(p => p.metadata.finalizers?.length === 0));
  await cluster.env.ledger.transaction(forgetAll);
  await cluster.close();
  await cluster.open();
  await cluster.until('the run is over', () => cluster.run('old').status?.state === 'FAILED');
  assert.match(cluster.run('old').status!.error!.message, /task make failed: the log of this run is older than its Pods/);
  await cluster.until('no Pod is left running', () => cluster.pods().every(p => p.status?.phase !== 'Running'));
  assert.deepEqual(cluster.started, ['make', 'use']);
});

test('a run whose pipeline is lost has failed, and says so', async () => {
  await using cluster = await TestCluster.start(() => 0);
  cluster.createRun('lost', makeAndUse(), { pipelineSpec: undefined, pipelineSpecHash: 'a'.repeat(64) });
  await cluster.until('the run fails', () => cluster.run('lost').status?.state === 'FAILED');
  assert.match(cluster.run('lost').status!.error!.message, /the pipeline of this run is lost/);
});

test('a pipeline that cannot be read is a failed run', async () => {
  await using cluster = await TestCluster.start(() => 0);
  const spec = pipeline(dag({ a: task('nothing') }));
  cluster.createRun('unreadable', spec);
  await cluster.until('the run fails', () => cluster.run('unreadable').status?.state === 'FAILED');
  assert.match(cluster.run('unreadable').status!.error!.message, /component "nothing" is referenced but not defined/);
});

for (const seed of [1, 2, 3])
  test(`a bad network changes nothing (seed ${seed})`, async () => {
    await using cluster = await TestCluster.start(program, client => faultyClient(client, seededIds(seed), systemClock));
    cluster.createRun('shaky', makeAndUse());
    await cluster.until('the run succeeds', succeeded(cluster, 'shaky'));
    assert.deepEqual(cluster.started, ['make', 'use']);
  });
