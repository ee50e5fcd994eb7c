import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors } from '../../kube/index.ts';
import { openRecorder } from '../../metadata/index.ts';
import { LOG_BUCKET, logKey } from '../effects/step-log.ts';
import { helloPipeline, type Rest, startRest } from './testing/rest.ts';

const AT = new Date('2026-01-01T00:00:00Z');

async function createRun(rest: Rest): Promise<string> {
  const body = { display_name: 'r', pipeline_spec: helloPipeline(), runtime_config: { parameters: { text: 'x' } } };
  return (await rest.call('POST', '/apis/v2beta1/runs', body)).json.run_id;
}
async function addNode(rest: Rest, runId: string, o: object = {}): Promise<void> {
  const empty = { parameters: {}, artifacts: [] };
  const attempts = [{ number: 0, pod: 'gone-pod', state: 'Succeeded' }];
  const node = {
    runUid: runId,
    id: 'say',
    taskName: 'say',
    displayName: 'say',
    kind: 'task',
    state: 'Succeeded',
    createdAt: '2026-01-01T00:00:00Z',
    inputs: empty,
    outputs: empty,
    attempts,
    ...o,
  };
  await rest.env.ledger.transaction([
    {
      sql: 'INSERT INTO run_node (run_uid, id, ordinal, state, json) VALUES (?, ?, 0, ?, ?)',
      params: [runId, node.id, node.state, JSON.stringify(node)],
    },
  ]);
}
/** Stores bytes under a name and records them as an artifact. */
async function addArtifact(rest: Rest, runId: string, key: string, content: string) {
  const blob = await rest.env.blobs.put(Buffer.from(content));
  await rest.env.blobs.bind('mlpipeline', key, blob);
  const recorder = openRecorder(rest.env.ledger);
  const run = { runId, namespace: 'team', pipelineName: 'p' };
  const execution = await recorder.recordExecution(
    run,
    { key: `${runId}/say/${key}`, type: 'system.ContainerExecution', name: 'say', state: 'COMPLETE' },
    AT,
  );
  const artifact = {
    key: `${runId}/${key}`,
    type: 'system.Model',
    name: 'model',
    uri: `minio://mlpipeline/${key}`,
    metadata: { depth: 3 },
    ...blob,
  };
  const made = await recorder.recordArtifacts(run, execution.executionId, [{ name: 'model', artifact }], AT);
  await rest.env.ledger.transaction([...execution.statements, ...made.statements]);
  return { ...blob, artifactId: made.uses[0]!.artifactId };
}

test('gives the bytes of an artifact: whole, the first of them, by path, and as an output of its node', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest);
  const { sha256 } = await addArtifact(rest, runId, 'v2/a/model', '<script>alert(1)</script>');
  const query = 'source=minio&bucket=mlpipeline&key=v2/a/model';
  const whole = await rest.call('GET', `/artifacts/get?${query}`);
  assert.equal(whole.text, '<script>alert(1)</script>');
  assert.equal(whole.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.equal(whole.headers.get('content-security-policy'), 'sandbox');
  assert.equal((await rest.call('GET', `/artifacts/get?${query}&peek=7`)).text, '<script');
  const byPath = await rest.call('GET', '/artifacts/minio/mlpipeline/v2/a/model');
  assert.equal(byPath.text, whole.text);
  assert.match(byPath.headers.get('content-disposition')!, /^attachment; filename\*=UTF-8''model$/);
  const artifacts = [{ name: 'model', type: 'system.Model', uri: 'minio://mlpipeline/v2/a/model', sha256 }];
  await addNode(rest, runId, { outputs: { parameters: {}, artifacts } });
  const read = await rest.call('GET', `/apis/v2beta1/runs/${runId}/nodes/say/artifacts/model:read`);
  assert.equal(Buffer.from(read.json.data, 'base64').toString(), whole.text);
  for (const [path, status] of [
    [`/apis/v2beta1/runs/${runId}/nodes/say/artifacts/other:read`, 404],
    [`/apis/v2beta1/runs/${runId}/nodes/other/artifacts/model:read`, 404],
    ['/apis/v2beta1/runs/none/nodes/say/artifacts/model:read', 404],
    ['/artifacts/get?source=minio&bucket=mlpipeline&key=nothing', 404],
    ['/artifacts/get?source=minio&bucket=mlpipeline&key=../../../../etc/passwd', 404],
    ['/artifacts/get?source=http&bucket=localhost&key=x', 400],
    ['/artifacts/get?source=minio&key=x', 400],
    ['/artifacts/get?source=minio&bucket=mlpipeline', 400],
  ] as const) {
    const answer = await rest.call('GET', path);
    assert.equal(answer.status, status, path);
    assert.equal(typeof answer.json.error_message, 'string', path);
  }
  rest.denied.add('get runs');
  assert.equal((await rest.call('GET', `/artifacts/get?${query}`)).status, 403);
});

test('lists and gets artifact records with their lineage', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest);
  const ids: string[] = [];
  for (const key of ['a', 'b', 'c']) ids.push((await addArtifact(rest, runId, key, key)).artifactId);
  const first = await rest.call('GET', '/apis/v2beta1/artifacts?namespace=team&page_size=2');
  assert.deepEqual(
    first.json.artifacts.map((a: { artifact_id: string }) => a.artifact_id),
    [ids[2], ids[1]],
  );
  const second = await rest.call(
    'GET',
    `/apis/v2beta1/artifacts?namespace=team&page_size=2&page_token=${first.json.next_page_token}`,
  );
  assert.deepEqual(second.json, {
    artifacts: [
      {
        artifact_id: ids[0],
        name: 'model',
        type: 'Model',
        uri: 'minio://mlpipeline/a',
        metadata: { depth: 3 },
        namespace: 'team',
        created_at: '2026-01-01T00:00:00Z',
      },
    ],
  });
  assert.deepEqual((await rest.call('GET', `/apis/v2beta1/artifacts/${ids[0]}`)).json, second.json.artifacts[0]);
  const lineage = await rest.call('GET', `/console/api/artifacts/${ids[0]}/lineage`);
  assert.equal(lineage.json.up.executions[0].name, 'say');
  for (const [path, status] of [
    ['/apis/v2beta1/artifacts/99', 404],
    ['/apis/v2beta1/artifacts/x', 404],
    ['/apis/v2beta1/artifacts?page_token=x', 400],
    ['/apis/v2beta1/artifacts?page_size=x', 400],
  ] as const)
    assert.equal((await rest.call('GET', path)).status, status, path);
});

test('runs show the numbers of their metrics artifacts', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest);
  const recorder = openRecorder(rest.env.ledger);
  const run = { runId, namespace: 'kubeflow', pipelineName: 'p' };
  const execution = await recorder.recordExecution(
    run,
    { key: 'x', type: 'system.ContainerExecution', name: 'x', state: 'COMPLETE' },
    AT,
  );
  const artifact = {
    key: 'm',
    type: 'system.Metrics',
    name: 'metrics',
    uri: 'minio://x/m',
    metadata: { accuracy: 0.9, epochs: 3, note: 'text' },
  };
  const made = await recorder.recordArtifacts(run, execution.executionId, [{ name: 'metrics', artifact }], AT);
  await rest.env.ledger.transaction([...execution.statements, ...made.statements]);
  const metrics = { accuracy: 0.9, epochs: 3 };
  assert.deepEqual((await rest.call('GET', `/apis/v2beta1/runs/${runId}`)).json.metrics, metrics);
  assert.deepEqual((await rest.call('GET', '/apis/v2beta1/runs')).json.runs[0].metrics, metrics);
});

test('reads a log live, then from the kept copy, and says when there is none', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest);
  await addNode(rest, runId);
  const path = `/apis/v2beta1/runs/${runId}/nodes/say/log`;
  rest.log = async (pod, options) => {
    assert.deepEqual([pod.namespace, pod.name, options.container, options.follow], ['kubeflow', 'gone-pod', 'main', true]);
    return (async function* () {
      yield Buffer.from('live\n');
    })();
  };
  for (const node of ['say', 'gone-pod']) {
    const live = await rest.call('GET', `/apis/v1alpha1/runs/${runId}/nodes/${node}/log?follow=true`);
    assert.equal(live.text, 'live\n');
    assert.match(live.headers.get('content-type')!, /^text\/plain/);
  }
  rest.log = async pod => {
    throw errors.notFound({ group: '', plural: 'pods' }, pod.name);
  };
  const none = await rest.call('GET', path);
  assert.equal(none.status, 404);
  assert.match(none.json.error_message, /^There is no log of Pod gone-pod: it is gone and no copy was kept$/);
  await rest.env.blobs.bind(LOG_BUCKET, logKey(runId, 'say', 0), await rest.env.blobs.put(Buffer.from('kept\n')));
  assert.equal((await rest.call('GET', path)).text, 'kept\n');
  assert.equal((await rest.call('GET', `${path}?attempt=7`)).status, 404);
  rest.log = async () => {
    throw errors.badRequest('container "main" in pod "gone-pod" is waiting to start: its log is gone');
  };
  assert.equal((await rest.call('GET', path)).text, 'kept\n');
  assert.equal((await rest.call('GET', `/apis/v2beta1/runs/${runId}/nodes/other/log`)).status, 404);
  rest.log = async () => {
    throw errors.forbidden({ group: '', plural: 'pods' }, 'gone-pod', 'no');
  };
  assert.equal((await rest.call('GET', path)).status, 403);
});
