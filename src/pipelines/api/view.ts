import type { Why } from '../../kube/why.ts';

/**
 * What the console shows of a run: one JSON document, `GET /console/api/runs/{run_id}`, and the same document again by
 * SSE at `/console/api/runs/{run_id}/watch` (event `view`, coalesced) until the run is final.
 */
export type NodeState = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Skipped' | 'Cached' | 'Canceled';
export type RunState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'SKIPPED' | 'FAILED' | 'CANCELING' | 'CANCELED' | 'PAUSED';
export type ArtifactView = {
  name: string;
  /** `system.Model`, `system.Metrics` … */
  type: string;
  uri: string;
  artifactId?: string;
  sizeBytes?: number;
  sha256?: string;
  metadata?: Record<string, unknown>;
};
export type AttemptView = {
  number: number;
  pod: string;
  state: NodeState;
  startedAt?: string;
  finishedAt?: string;
  exitCode?: number;
  message?: string;
};
export type NodeView = {
  /** Address in the run: `train`, `for-loop-1[7].train`, `exit-handler-1.work`. */
  id: string;
  taskName: string;
  displayName: string;
  /** `iteration` nodes are children of `loop` nodes; `subgraph` is a nested pipeline, condition or exit handler. */
  kind: 'task' | 'importer' | 'loop' | 'iteration' | 'subgraph' | 'condition' | 'exit';
  parent?: string;
  iteration?: number;
  state: NodeState;
  startedAt?: string;
  finishedAt?: string;
  /** The run whose outputs were re-used. */
  cachedFromRun?: string;
  attempts: AttemptView[];
  /** On the longest chain of the finished part. */
  critical?: boolean;
  /** The CEL text that decides whether it runs. */
  condition?: string;
  image?: string;
  command?: string[];
  inputs: { parameters: Record<string, unknown>; artifacts: ArtifactView[] };
  outputs: { parameters: Record<string, unknown>; artifacts: ArtifactView[] };
  message?: string;
  why?: Why;
};
export type EdgeView = { from: string; to: string; kind: 'data' | 'order' | 'condition' };
export type RunView = {
  runId: string;
  /** Name of the Run object and prefix of its Pods. */
  name: string;
  namespace: string;
  displayName: string;
  description?: string;
  state: RunState;
  archived: boolean;
  experiment: { id: string; name: string };
  pipeline?: { id: string; name: string; versionId?: string; versionName?: string };
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  parameters: Record<string, unknown>;
  serviceAccount?: string;
  pipelineRoot?: string;
  error?: string;
  why?: Why;
  /** In topological order, parents before children. */
  nodes: NodeView[];
  edges: EdgeView[];
  /** Grows with each change. */
  sequence: number;
};
/** The shape of a pipeline before any run, `GET /console/api/pipelines/{id}/versions/{vid}`: nodes are all Pending. */
export type PipelineView = {
  nodes: NodeView[];
  edges: EdgeView[];
  /** Typed inputs for the New run form. */
  parameters: {
    name: string;
    type: string;
    optional: boolean;
    defaultValue?: unknown;
    description?: string;
    literals?: unknown[];
  }[];
  yaml: string;
};
