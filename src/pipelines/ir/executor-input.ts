import type { Instance, RunState } from '../engine/state.ts';
import type { Artifact } from '../engine/values.ts';
import type { ArtifactType, Json, Node } from '../graph/graph.ts';
import { localPath, PARAMETER_FOLDER, taskRoot } from './paths.ts';

/** The message ExecutorInput in its JSON form, which every step gets. */
export type ExecutorInput = {
  inputs: { parameterValues: Record<string, Json>; artifacts: Record<string, { artifacts: RuntimeArtifact[] }> };
  outputs: {
    parameters: Record<string, { outputFile: string }>;
    artifacts: Record<string, { artifacts: RuntimeArtifact[] }>;
    outputFile: string;
  };
};
export type RuntimeArtifact = { name: string; type: ArtifactType; uri: string; metadata: { [key: string]: Json } };

/**
 * What a step is told about its inputs and outputs. Defaults of absent inputs are in it, though not in the cache key.
 * @source pipelines backend/src/v2/driver/driver.go provisionOutputs, component/launcher_v2.go@7b70c7b95f68
 */
export function executorInput(state: RunState, instance: Instance, node: Node, attempt: number): ExecutorInput {
  const inputs = instance.inputs!;
  const root = taskRoot(state, instance, node.name, attempt);
  const parameterValues: Record<string, Json> = {};
  for (const [name, port] of Object.entries(node.inputs.parameters)) {
    const value = inputs.parameters[name] ?? port.default;
    if (value !== undefined && value !== null) parameterValues[name] = value;
  }
  return {
    inputs: {
      parameterValues,
      artifacts: mapValues(inputs.artifacts, list => ({ artifacts: list.map(runtimeArtifact) })),
    },
    outputs: {
      parameters: mapValues(node.outputs.parameters, (_, name) => ({ outputFile: `${PARAMETER_FOLDER}/${name}` })),
      artifacts: mapValues(node.outputs.artifacts, ({ type, metadata = {} }, name) => ({
        artifacts: [{ name, type, uri: `${root}/${name}`, metadata }],
      })),
      outputFile: `${localPath(root)}/output_metadata.json`,
    },
  };
}
function runtimeArtifact({ name, type, uri, metadata }: Artifact): RuntimeArtifact {
  return { name, type, uri, metadata };
}
function mapValues<A, B>(record: Record<string, A>, map: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k, map(v, k)]));
}
