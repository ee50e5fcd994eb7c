import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lowerIr } from '../ir/lower.ts';
import { inputPaths, localPath } from '../ir/paths.ts';
import type { ComponentSpec, ExecutorSpec, PipelineSpec } from '../ir/spec.ts';
import { component, dag, pipeline, task } from './pipeline.ts';
import { World } from './world.ts';

const dataset = { artifactType: { schemaTitle: 'system.Dataset', schemaVersion: '0.0.1' } };
/** A pipeline of one task of an executor that is no container. */
function pipelineOf(executor: ExecutorSpec, condition?: string): PipelineSpec {
  const only: ComponentSpec = { executorLabel: 'only', outputDefinitions: { artifacts: { artifact: dataset } } };
  only.inputDefinitions = { parameters: { x: { parameterType: 'STRING' } } };
  const spec = pipeline(dag({ only: task('only', { x: '="yes"' }, condition ? { triggerPolicy: { condition } } : {}) }), {
    only,
  });
  spec.deploymentSpec!.executors!['only'] = executor;
  return spec;
}
const importer = { importer: { artifactUri: { constant: 's3://bucket/key' } } };

test('an importer imports when its condition holds, and only then', () => {
  for (const [word, phase] of [
    ['yes', 'succeeded'],
    ['no', 'skipped'],
  ]) {
    const world = World.ofIr(pipelineOf(importer, `inputs.parameter_values['x'] == '${word}'`));
    assert.ok(world.run());
    assert.deepEqual(world.phases(), { only: phase });
  }
});
test('executors that cannot run are refused before anything runs', () => {
  for (const executor of [{ resolver: {} }, { customJob: {} }])
    assert.throws(() => lowerIr(pipelineOf(executor)), /executor "only" has neither a container nor an importer/);
});
test('a run that exceeds its deadline is stopped and has failed', () => {
  const spec = pipeline(dag({ long: task('long'), next: task('long', {}, { dependentTasks: ['long'] }) }), { long: component() });
  const world = World.ofIr(spec, { platforms: { kubernetes: { pipelineConfig: { activeDeadlineSeconds: 30 } } } });
  const { wakeAt } = world.turn();
  assert.equal(wakeAt!.getTime(), world.nowMs + 30_000);
  world.nowMs += 30_000;
  world.turn();
  assert.equal(world.state.state, 'CANCELING');
  assert.ok(world.run());
  assert.equal(world.state.state, 'FAILED');
  assert.equal(world.state.error!.message, 'the run exceeded its active deadline');
  assert.deepEqual(world.phases(), { long: 'cancelled', next: 'cancelled' });
});
test('every store has its place in the file system of a step; what is of no store is its own path', () => {
  const uris = ['minio://b/k', 's3://b/k', 'gs://b/k', 'oci://registry/model:1', 'https://host/file'];
  const paths = ['/minio/b/k', '/s3/b/k', '/gcs/b/k', '/oci/registry_model:1/models', 'https://host/file'];
  assert.deepEqual(
    uris.map(uri => localPath(uri)),
    paths,
  );
  assert.deepEqual(inputPaths('s3://b/k', { _kfp_workspace: true }), ['/kfp-workspace/.artifacts/s3/b/k', '/s3/b/k']);
});
