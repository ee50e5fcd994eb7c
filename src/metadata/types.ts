export type ExecutionState = 'NEW' | 'RUNNING' | 'COMPLETE' | 'FAILED' | 'CACHED' | 'CANCELED';
export type ArtifactState = 'PENDING' | 'LIVE' | 'MARKED_FOR_DELETION' | 'DELETED';

/** Where something happened: contexts `system.PipelineRun` (name = runId) and its parent `system.Pipeline`. */
export type RunContext = {
  runId: string;
  namespace: string;
  pipelineName: string;
  /** Name of the Run object. */
  resourceName?: string;
  pipelineRoot?: string;
};
/** An artifact to record. The same key again is the same artifact, with its facts replaced. */
export type ArtifactRecord = {
  /** Unique in the ledger, e.g. `<run uid>/<node address>/<output name>/<index>`. */
  key: string;
  /** Schema title: `system.Model`, `system.Dataset` … */
  type: string;
  name: string;
  uri: string;
  sha256?: string;
  sizeBytes?: number;
  /** Any JSON; MLMD's custom properties. */
  metadata?: Record<string, unknown>;
  state?: ArtifactState;
};
export type ExecutionRecord = {
  /** Unique in the ledger, e.g. `<run uid>/<node address>`. */
  key: string;
  /** `system.ContainerExecution`, `system.DAGExecution`, `system.ImporterExecution` … */
  type: string;
  name: string;
  state: ExecutionState;
  /** Custom properties: task_name, display_name, pod_name, inputs, outputs, cache_fingerprint … */
  properties?: Record<string, unknown>;
};
/** The ledger's id of an artifact, under the name (and the place in a list) that a task knows it by. */
export type ArtifactUse = { name: string; index?: number; artifactId: string };

/** An artifact as it is recorded; ids are int64 and travel as text. */
export type Artifact = {
  artifactId: string;
  type: string;
  name: string;
  uri: string;
  state: ArtifactState;
  namespace: string;
  runId: string;
  sha256?: string;
  sizeBytes?: number;
  metadata: Record<string, unknown>;
  createdAt: string;
};
export type Execution = {
  executionId: string;
  type: string;
  name: string;
  state: ExecutionState;
  namespace: string;
  runId: string;
  properties: Record<string, unknown>;
  createdAt: string;
  updatedAt: string;
};
export type LineageEvent = { executionId: string; artifactId: string; kind: 'INPUT' | 'OUTPUT'; name: string; index: number };
export type Lineage = { artifacts: Artifact[]; executions: Execution[]; events: LineageEvent[] };
