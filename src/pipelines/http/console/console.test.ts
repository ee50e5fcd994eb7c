import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../lib/index.ts';
import type { Run } from '../../api/run.ts';
import type { PipelineView, RunView } from '../../api/view.ts';
import { helloPipeline, type Rest, startRest } from '../testing/rest.ts';

async function createRun(rest: Rest): Promise<string> {
  const body = { display_name: 'r', pipeline_spec: helloPipeline(), runtime_config: { parameters: { text: 'x' } } };
  return (await rest.call('POST', '/apis/v2beta1/runs', body)).json.run_id;
}

test('shows a run as a graph before the engine has begun', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest);
  const { json } = await rest.call('GET', `/console/api/runs/${runId}`);
  const view = json as RunView;
  assert.equal(view.state, 'PENDING');
  assert.deepEqual(view.parameters, { text: 'x' });
  assert.equal(view.experiment.name, 'Default');
  assert.deepEqual(view.pipeline, { id: '', name: 'hello' });
  assert.deepEqual(
    view.nodes.map(n => [n.id, n.state]),
    [['say', 'Pending']],
  );
  assert.equal((await rest.call('GET', '/console/api/runs/none')).json.code, 5);
  assert.equal((await rest.call('GET', '/console/api/runs/none/watch')).status, 404);
});

test('a run whose pipeline is none has a view without a graph', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest);
  const run = rest.api.list('pipelines.skiff.dev/v1/Run')[0] as Run;
  rest.api.store({ ...run, spec: { ...run.spec!, pipelineSpec: { no: 'pipeline' } } }, 'MODIFIED');
  const { status, json } = await rest.call('GET', `/console/api/runs/${runId}`);
  assert.equal(status, 200);
  assert.match(json.error, /no pipeline spec/);
  assert.deepEqual(json.nodes, []);
});

test('sends the view again after each change, until the run is final', async t => {
  const rest = await startRest(t);
  const runId = await createRun(rest);
  const response = await fetch(`${rest.url}/console/api/runs/${runId}/watch`);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const chunks = response.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let text = '';
  const nextView = async (): Promise<RunView | undefined> => {
    while (!text.includes('\n\n')) {
      const { value, done } = await chunks.next();
      if (done) return undefined;
      text += value;
    }
    const [event, ...rest] = text.split('\n\n');
    text = rest.join('\n\n');
    assert.match(event!, /^event: view\ndata: /);
    return JSON.parse(event!.slice('event: view\ndata: '.length));
  };
  const change = async (status: Run['status']) => {
    const run = rest.api.list('pipelines.skiff.dev/v1/Run')[0] as Run;
    rest.api.store({ ...run, status: status! }, 'MODIFIED');
    await settle();
    await rest.clock.advance(1_000);
  };
  assert.equal((await nextView())!.state, 'PENDING');
  await change({ state: 'RUNNING', startedAt: '2026-01-01T00:00:01Z' });
  assert.equal((await nextView())!.state, 'RUNNING');
  await change({ state: 'SUCCEEDED', finishedAt: '2026-01-01T00:00:02Z' });
  const last = await nextView();
  assert.equal(last!.state, 'SUCCEEDED');
  assert.equal(last!.finishedAt, '2026-01-01T00:00:02Z');
  assert.equal(await nextView(), undefined);
});

test('shows a pipeline version with its parameters and YAML', async t => {
  const rest = await startRest(t);
  const { json: pipeline } = await rest.upload('/apis/v2beta1/pipelines/upload', 'p.yaml', JSON.stringify(helloPipeline()));
  const { json: versions } = await rest.call('GET', `/apis/v2beta1/pipelines/${pipeline.pipeline_id}/versions`);
  const path = `/console/api/pipelines/${pipeline.pipeline_id}/versions/${versions.pipeline_versions[0].pipeline_version_id}`;
  const { json } = await rest.call('GET', path);
  const view = json as PipelineView;
  assert.deepEqual(
    view.parameters.map(p => [p.name, p.type, p.optional]),
    [
      ['text', 'STRING', false],
      ['times', 'NUMBER_INTEGER', true],
    ],
  );
  assert.match(view.yaml, /^pipelineInfo:\n {2}name: hello/);
  assert.equal((await rest.call('GET', `/console/api/pipelines/other/versions/x`)).status, 404);
});
