import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import { settle } from '../../lib/index.ts';
import { listProjection } from './index.ts';
import { type Rest, startRest } from './testing/rest.ts';

const run = (name: string, o: object = {}): Obj => ({
  apiVersion: 'pipelines.skiff.dev/v1',
  kind: 'Run',
  metadata: { name, namespace: 'team', uid: `uid-${name}`, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { displayName: name, experimentId: 'e' },
  ...o,
});
async function names(rest: Rest): Promise<string[]> {
  const { json } = await rest.call('GET', '/apis/v2beta1/runs?sort_by=display_name');
  return (json.runs ?? []).map((r: { display_name: string; state: string }) => `${r.display_name} ${r.state}`);
}
async function until(check: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await check()) return;
    await settle();
  }
  assert.fail('the rows did not follow');
}

test('rows follow what happens to objects, also what happened while nobody watched', async t => {
  const rest = await startRest(t);
  rest.api.put(run('gone'));
  rest.api.put(run('stays'));
  const stop = new AbortController();
  t.after(() => stop.abort(new Error('the test is over')));
  const start = (signal: AbortSignal) => listProjection(rest.env).start({ clock: rest.clock, changed() {}, signal });
  const first = new AbortController();
  await start(first.signal);
  await until(async () => (await names(rest)).length === 2);
  first.abort(new Error('restart'));
  rest.api.store(run('gone'), 'DELETED');
  rest.api.store(run('stays', { spec: { displayName: 'stays', experimentId: 'other' } }), 'MODIFIED');
  await start(stop.signal);
  await until(async () => (await names(rest)).join() === 'stays PENDING');
  assert.equal((await rest.call('GET', '/apis/v2beta1/runs')).json.runs[0].experiment_id, 'other');
  rest.api.store(run('stays', { status: { state: 'RUNNING' } }), 'MODIFIED');
  rest.api.put(run('new'));
  await until(async () => (await names(rest)).join() === 'new PENDING,stays RUNNING');
  rest.api.store(run('new'), 'DELETED');
  const leaving = run('stays');
  rest.api.store(
    { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['engine'] } },
    'MODIFIED',
  );
  await until(async () => (await names(rest)).length === 0);
});

test('pipelines and versions made by kubectl are in the lists, without the API having made them', async t => {
  const rest = await startRest(t);
  const stop = new AbortController();
  t.after(() => stop.abort(new Error('the test is over')));
  await listProjection(rest.env).start({ clock: rest.clock, changed() {}, signal: stop.signal });
  const metadata = { namespace: 'kubeflow', creationTimestamp: '2026-01-01T00:00:00Z' };
  const apiVersion = 'pipelines.kubeflow.org/v2beta1';
  rest.api.put({
    apiVersion,
    kind: 'Pipeline',
    metadata: { ...metadata, name: 'made', uid: 'p' },
    spec: { displayName: 'Made' },
  });
  const ownerReferences = [{ apiVersion, kind: 'Pipeline', name: 'made', uid: 'p' }];
  const pipelineSpec = { pipelineInfo: { name: 'x' }, root: {} };
  rest.api.put({
    apiVersion,
    kind: 'PipelineVersion',
    metadata: { ...metadata, name: 'made-v1', uid: 'v', ownerReferences },
    spec: { pipelineSpec, versionName: 'v1' },
  });
  await until(async () => (await rest.call('GET', '/apis/v2beta1/pipelines/p/versions')).json.total_size === 1);
  const { json } = await rest.call('GET', '/apis/v2beta1/pipelines/p/versions/v');
  assert.deepEqual(json, {
    pipeline_id: 'p',
    pipeline_version_id: 'v',
    display_name: 'v1',
    name: 'v1',
    pipeline_spec: pipelineSpec,
    created_at: '2026-01-01T00:00:00Z',
  });
  assert.equal((await rest.call('GET', '/apis/v2beta1/pipelines/names/made')).json.display_name, 'Made');
});
