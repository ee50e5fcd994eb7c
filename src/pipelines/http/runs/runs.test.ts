import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Run, RunStatus } from '../../api/run.ts';
import { helloPipeline, type Rest, startRest } from '../testing/rest.ts';

const body = (o: object = {}) => ({
  display_name: 'hello run',
  pipeline_spec: helloPipeline(),
  runtime_config: { parameters: { text: 'hi' } },
  ...o,
});
async function createRun(rest: Rest, o: object = {}): Promise<string> {
  const { status, json } = await rest.call('POST', '/apis/v2beta1/runs', body(o));
  assert.equal(status, 200, JSON.stringify(json));
  return json.run_id;
}
function setStatus(rest: Rest, runId: string, status: RunStatus): void {
  const run = rest.api.list('pipelines.skiff.dev/v1/Run').find(o => o.metadata.uid === runId) as Run;
  rest.api.store({ ...run, status }, 'MODIFIED');
}
const get = async (rest: Rest, runId: string) => (await rest.call('GET', `/apis/v2beta1/runs/${runId}`)).json;

test('creates a Run object of a spec and shows it in list and get at once', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest, { description: 'why', service_account: 'robot' });
  const [object] = rest.api.list('pipelines.skiff.dev/v1/Run') as unknown as [Run];
  assert.match(object.metadata.name, /^hello-[a-z0-9]{5}$/);
  assert.equal(object.metadata.namespace, 'kubeflow');
  const run = await get(rest, runId);
  const { json: experiments } = await rest.call('GET', '/apis/v2beta1/experiments');
  assert.deepEqual(run, {
    experiment_id: experiments.experiments[0].experiment_id,
    run_id: runId,
    display_name: 'hello run',
    storage_state: 'AVAILABLE',
    description: 'why',
    pipeline_spec: helloPipeline(),
    runtime_config: { parameters: { text: 'hi' } },
    service_account: 'robot',
    namespace: 'kubeflow',
    state: 'PENDING',
    created_at: '2026-01-01T00:00:00Z',
    scheduled_at: '2026-01-01T00:00:00Z',
    finished_at: '1970-01-01T00:00:00Z',
  });
  const { json: list } = await rest.call('GET', '/apis/v2beta1/runs');
  assert.deepEqual(list, { runs: [run], total_size: 1 });
  assert.equal(experiments.experiments[0].last_run_created_at, '2026-01-01T00:00:00Z');
});

test('refuses what is wrong with a run, in the error body of the API, and creates nothing', async t => {
  const rest = await startRest(t);
  const spec = (o: object) => body({ pipeline_spec: { ...helloPipeline(), ...o } });
  const parameters = (p: object) => body({ runtime_config: { parameters: p } });
  const cases: [unknown, number, number, RegExp][] = [
    ['{"display_name":', 400, 3, /not JSON/],
    ['[]', 400, 3, /must be an object/],
    [body({ nonsense: 1 }), 400, 3, /unknown field "nonsense"/],
    [body({ displayName: 'twice' }), 400, 3, /duplicate field/],
    [body({ runtime_config: { parameter: {} } }), 400, 3, /unknown field "runtime_config.parameter"/],
    [body({ display_name: 5 }), 400, 3, /invalid value for string field display_name/],
    [body({ state: 'SLEEPING' }), 400, 3, /invalid value for enum field state/],
    [body({ scheduled_at: 'tomorrow' }), 400, 3, /Timestamp field scheduled_at/],
    [body({ display_name: '' }), 400, 3, /The run name is empty/],
    [body({ pipeline_spec: undefined }), 400, 3, /Pipeline spec source is missing/],
    [body({ pipeline_version_reference: { pipeline_id: 'p' } }), 400, 3, /not both/],
    [body({ experiment_id: 'nowhere' }), 404, 5, /Experiment nowhere not found/],
    [
      body({ pipeline_spec: undefined, pipeline_version_reference: { pipeline_version_id: 'v' } }),
      404,
      5,
      /PipelineVersion v not found/,
    ],
    [body({ pipeline_spec: undefined, pipeline_version_id: 'v' }), 404, 5, /PipelineVersion v not found/],
    [body({ plugins_output: {} }), 409, 10, /server-owned/],
    [spec({ schemaVersion: '2.0.0' }), 400, 3, /only supports schema version 2.1.0/],
    [spec({ pipelineInfo: { name: 'ÄÖÜ' } }), 400, 3, /name should consist of/],
    [spec({ surprise: true }), 400, 3, /unknown field "surprise"/],
    [spec({ root: { dag: { tasks: { a: { componentRef: { name: 'missing' } } } } } }), 400, 3, /./],
    [parameters({}), 400, 3, /parameter text is not optional/],
    [parameters({ text: 1 }), 400, 3, /requires type string/],
    [parameters({ text: 'a', times: 'many' }), 400, 3, /requires type double or integer/],
    [parameters({ text: 'a', other: 1 }), 400, 3, /not required by pipeline: other/],
    [parameters({ text: 'a', times: JSON.parse('['.repeat(300) + ']'.repeat(300)) }), 400, 3, /nested/],
  ];
  for (const [sent, status, code, message] of cases) {
    const answer = await rest.call('POST', '/apis/v2beta1/runs', sent);
    const said = JSON.stringify(sent).slice(0, 200);
    assert.equal(answer.status, status, `${said}: ${answer.text}`);
    assert.equal(answer.json.code, code, said);
    assert.match(answer.json.message, message, said);
    assert.match(answer.json.message, /^Failed to create a new run: /);
    assert.equal(answer.json.error, answer.json.message);
    assert.equal(answer.json.details[0].code, code);
  }
  assert.deepEqual(rest.api.list('pipelines.skiff.dev/v1/Run'), []);
  assert.deepEqual((await rest.call('GET', '/apis/v2beta1/runs')).json, {});
});

test('accepts camelCase, a platform spec beside the spec, and keeps a large spec in the blob store', async t => {
  const rest = await startRest(t);
  const platform = { platforms: { kubernetes: { deploymentSpec: { executors: {} } } } };
  const { json } = await rest.call('POST', '/apis/v2beta1/runs', {
    displayName: 'camel',
    pipelineSpec: { pipeline_spec: helloPipeline(), platform_spec: platform },
    runtimeConfig: { parameters: { text: 'hi' }, pipelineRoot: 'minio://other' },
  });
  assert.deepEqual(json.pipeline_spec, { pipeline_spec: helloPipeline(), platform_spec: platform });
  assert.equal(json.runtime_config.pipeline_root, 'minio://other');
  const large = { ...helloPipeline('large'), defaultPipelineRoot: 'x'.repeat(200_000) };
  const runId = await createRun(rest, { pipeline_spec: large });
  const object = rest.api.list('pipelines.skiff.dev/v1/Run').find(o => o.metadata.uid === runId) as Run;
  assert.equal(object.spec!.pipelineSpec, undefined);
  assert.match(object.spec!.pipelineSpecHash!, /^[0-9a-f]{64}$/);
  assert.deepEqual((await get(rest, runId)).pipeline_spec, large);
});

test('terminates what runs, retries what failed, and says the new state at once', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest);
  const act = (verb: string) => rest.call('POST', `/apis/v2beta1/runs/${runId}:${verb}`);
  assert.equal((await act('retry')).status, 409);
  assert.deepEqual((await act('terminate')).json, {});
  assert.equal((await get(rest, runId)).state, 'CANCELING');
  assert.equal((await rest.call('GET', '/apis/v2beta1/runs')).json.runs[0].state, 'CANCELING');
  assert.equal((await act('terminate')).json.code, 3);
  setStatus(rest, runId, {
    state: 'FAILED',
    finishedAt: '2026-01-01T00:00:05Z',
    error: { code: 1, message: 'terminated by user' },
  });
  const failed = await get(rest, runId);
  assert.equal(failed.finished_at, '2026-01-01T00:00:05Z');
  assert.deepEqual(failed.error, { code: 1, message: 'terminated by user' });
  assert.deepEqual((await act('retry')).json, {});
  const again = await get(rest, runId);
  assert.equal(again.state, 'RUNNING');
  assert.equal(again.finished_at, '1970-01-01T00:00:00Z');
  assert.equal(again.error, undefined);
});

test('archives, unarchives and deletes', async t => {
  const rest = await startRest(t);
  const { json: experiment } = await rest.call('POST', '/apis/v2beta1/experiments', { display_name: 'mine' });
  const runId = await createRun(rest, { experiment_id: experiment.experiment_id });
  const act = (verb: string) => rest.call('POST', `/apis/v2beta1/runs/${runId}:${verb}`);
  const archived = () => {
    const filter = { predicates: [{ operation: 'EQUALS', key: 'storage_state', string_value: 'ARCHIVED' }] };
    return rest.call('GET', `/apis/v2beta1/runs?filter=${encodeURIComponent(JSON.stringify(filter))}`);
  };
  await act('archive');
  assert.equal((await archived()).json.runs[0].run_id, runId);
  await act('unarchive');
  assert.deepEqual((await archived()).json, {});
  await rest.call('POST', `/apis/v2beta1/experiments/${experiment.experiment_id}:archive`);
  assert.equal((await archived()).json.total_size, 1);
  const refused = await act('unarchive');
  assert.equal(refused.status, 400);
  assert.match(refused.json.message, /must be un-archived first/);
  assert.deepEqual((await rest.call('DELETE', `/apis/v2beta1/runs/${runId}`)).json, {});
  assert.equal((await rest.call('GET', `/apis/v2beta1/runs/${runId}`)).status, 404);
  assert.deepEqual(rest.api.list('pipelines.skiff.dev/v1/Run'), []);
});

test('says unknown ids, paths and verbs in the error body of the API', async t => {
  const rest = await startRest(t);
  const cases: [string, string, number, number][] = [
    ['GET', '/apis/v2beta1/runs/none', 404, 5],
    ['DELETE', '/apis/v2beta1/runs/none', 404, 5],
    ['POST', '/apis/v2beta1/runs/none:terminate', 404, 5],
    ['POST', '/apis/v2beta1/runs/none:explode', 404, 5],
    ['POST', '/apis/v2beta1/runs/none', 405, 12],
    ['PATCH', '/apis/v2beta1/runs', 405, 12],
    ['GET', '/apis/v2beta1/nothing', 404, 5],
    ['GET', '/apis/v2beta1/runs?page_size=-1', 400, 3],
    ['GET', '/apis/v2beta1/recurringruns/none', 404, 5],
    ['POST', '/apis/v2beta1/recurringruns/none:enable', 404, 5],
    ['DELETE', '/apis/v2beta1/recurringruns/none', 404, 5],
    ['GET', '/apis/v2beta1/auth?namespace=team', 400, 3],
    ['GET', '/apis/v2beta1/runs?experiment_id=none', 404, 5],
  ];
  for (const [method, path, status, code] of cases) {
    const answer = await rest.call(method, path);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    assert.equal(answer.json.code, code);
  }
  const recurring = await rest.call('POST', '/apis/v2beta1/recurringruns', { display_name: 'nightly', mode: 'ENABLE' });
  assert.equal(recurring.json.code, 9);
  assert.match(recurring.json.message, /not served/);
  assert.deepEqual((await rest.call('GET', '/apis/v2beta1/recurringruns')).json, {});
  assert.deepEqual((await rest.call('GET', '/apis/v2beta1/auth?namespace=team&resources=VIEWERS&verb=GET')).json, {});
  assert.deepEqual((await rest.call('GET', '/apis/v2beta1/healthz')).json, { multi_user: false, pipeline_store: 'kubernetes' });
  rest.denied.add('list runs');
  assert.equal((await rest.call('GET', '/apis/v2beta1/runs')).json.code, 7);
  assert.equal((await rest.call('GET', '/apis/v2beta1/runs?namespace=other')).status, 403);
});

test('task details follow from the nodes that the engine recorded', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest);
  const empty = { parameters: {}, artifacts: [] };
  const node = (o: object) => ({
    runUid: runId,
    createdAt: '2026-01-01T00:00:01Z',
    inputs: empty,
    outputs: empty,
    attempts: [],
    ...o,
  });
  const nodes = [
    node({ id: '', taskName: 'root', displayName: 'root', kind: 'root', state: 'Running', startedAt: '2026-01-01T00:00:01Z' }),
    node({
      id: 'say',
      parent: '',
      taskName: 'say',
      displayName: 'Say',
      kind: 'task',
      state: 'Failed',
      executionId: '7',
      startedAt: '2026-01-01T00:00:02Z',
      finishedAt: '2026-01-01T00:00:03Z',
      message: 'exit code 1',
      attempts: [
        { number: 0, pod: 'pod-0', state: 'Failed' },
        { number: 1, pod: 'pod-1', state: 'Failed' },
      ],
      outputs: { parameters: {}, artifacts: [{ name: 'model', type: 'system.Model', uri: 'minio://x', artifactId: '3' }] },
    }),
  ];
  await rest.env.ledger.transaction(
    nodes.map((n, ordinal) => ({
      sql: 'INSERT INTO run_node (run_uid, id, ordinal, state, json) VALUES (?, ?, ?, ?, ?)',
      params: [runId, (n as unknown as { id: string }).id, ordinal, 'x', JSON.stringify(n)],
    })),
  );
  const { task_details: tasks } = (await get(rest, runId)).run_details;
  assert.equal(tasks.length, 2);
  assert.equal(tasks[0].end_time, '1970-01-01T00:00:00Z');
  assert.deepEqual(tasks[0].child_tasks, [{ task_id: tasks[1].task_id, pod_name: 'pod-1' }]);
  assert.deepEqual(tasks[1], {
    run_id: runId,
    task_id: tasks[1].task_id,
    display_name: 'Say',
    create_time: '2026-01-01T00:00:01Z',
    start_time: '2026-01-01T00:00:02Z',
    end_time: '2026-01-01T00:00:03Z',
    executor_detail: { main_job: 'pod-1', failed_main_jobs: ['pod-0'] },
    state: 'FAILED',
    execution_id: '7',
    error: { code: 2, message: 'exit code 1' },
    outputs: { model: { artifact_ids: ['3'] } },
    parent_task_id: tasks[0].task_id,
    state_history: [
      { update_time: '2026-01-01T00:00:02Z', state: 'RUNNING' },
      { update_time: '2026-01-01T00:00:03Z', state: 'FAILED' },
    ],
    pod_name: 'pod-1',
  });
});
