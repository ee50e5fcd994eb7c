import type { Statement } from '../../data/types.ts';
import type { ArtifactRecord, ArtifactUse, ExecutionState, Recorder, RunContext } from '../../metadata/index.ts';
import { type Instance, nodeOf, type RunState } from '../engine/state.ts';
import type { Artifact, Values } from '../engine/values.ts';
import { pipelineRoot } from '../ir/paths.ts';

type Done = { outputs: Values; executionId: string; statements: Statement[] };

/**
 * What a node did, as metadata: its execution, what it used, and the artifacts it made, which get their ids here. With
 * `reused` the outputs are there already.
 */
export async function recordNode(
  recorder: Recorder,
  state: RunState,
  instance: Instance,
  o: { type: string; state: ExecutionState; outputs: Values; reused?: boolean; inputs?: Values },
  at: Date,
): Promise<Done> {
  const context = contextOf(state);
  const inputs = o.inputs ?? instance.inputs ?? { parameters: {}, artifacts: {} };
  const { executionId, statements } = await recorder.recordExecution(
    context,
    {
      key: `${state.run.uid}/${instance.id}#${instance.attempts.length}`,
      type: o.type,
      name: `${state.run.uid}/${instance.id}`,
      state: o.state,
      properties: {
        task_name: nodeOf(state.graph, instance)?.name,
        display_name: nodeOf(state.graph, instance)?.displayName ?? nodeOf(state.graph, instance)?.name,
        pod_name: instance.attempts.at(-1)?.pod,
        namespace: state.run.namespace,
        iteration_index: instance.iteration,
        cache_fingerprint: instance.fingerprint,
        inputs: inputs.parameters,
        outputs: o.outputs.parameters,
      },
    },
    at,
    instance.executionId,
  );
  const all = [...statements, ...recorder.recordUses(executionId, 'INPUT', usesOf(inputs), at)];
  if (o.reused) {
    all.push(...recorder.recordUses(executionId, 'OUTPUT', usesOf(o.outputs), at));
    return { outputs: o.outputs, executionId, statements: all };
  }
  const made = Object.entries(o.outputs.artifacts).flatMap(([name, list]) =>
    list.map((artifact, index) => ({ name, index, artifact: recordOf(state, instance, name, index, artifact) })),
  );
  const recorded = await recorder.recordArtifacts(context, executionId, made, at);
  return { outputs: withIds(o.outputs, recorded.uses), executionId, statements: [...all, ...recorded.statements] };
}

function contextOf(state: RunState): RunContext {
  const { run, graph } = state;
  return {
    runId: run.uid,
    namespace: run.namespace,
    pipelineName: graph.name,
    resourceName: run.name,
    pipelineRoot: pipelineRoot(state),
  };
}
function recordOf(state: RunState, instance: Instance, name: string, index: number, a: Artifact): ArtifactRecord {
  return {
    key: `${state.run.uid}/${instance.id}#${instance.attempts.length}/${name}/${index}`,
    type: a.type.schemaTitle ?? 'system.Artifact',
    name: a.name,
    uri: a.uri,
    metadata: a.metadata,
    ...(a.sha256 ? { sha256: a.sha256 } : {}),
    ...(a.sizeBytes === undefined ? {} : { sizeBytes: a.sizeBytes }),
  };
}
function usesOf(values: Values): ArtifactUse[] {
  return Object.entries(values.artifacts).flatMap(([name, list]) =>
    list.flatMap((a, index) => (a.id ? [{ name, index, artifactId: a.id }] : [])),
  );
}
function withIds(values: Values, uses: readonly ArtifactUse[]): Values {
  const ids = new Map(uses.map(u => [`${u.name}/${u.index ?? 0}`, u.artifactId]));
  const artifacts = Object.entries(values.artifacts).map(([name, list]) => [
    name,
    list.map((a, index): Artifact => ({ ...a, ...(ids.has(`${name}/${index}`) ? { id: ids.get(`${name}/${index}`)! } : {}) })),
  ]);
  return { ...values, artifacts: Object.fromEntries(artifacts) };
}
