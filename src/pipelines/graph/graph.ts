/**
 * What every dialect lowers to: named scopes of nodes with edges. A graph is plain JSON, the same for every run of a
 * pipeline; instances of its nodes exist only in a run's state and are made lazily, so a scope may contain itself.
 */
export type Graph = {
  dialect: 'ir' | 'argo' | 'tekton';
  name: string;
  root: string;
  scopes: Record<string, Scope>;
  /** A volume that lives as long as the run. */
  workspace?: { size: string; spec?: Json };
  /** The whole run fails after this time. */
  timeoutMs?: number;
  /** Where artifacts go when the run does not say. */
  artifactRoot?: string;
};
export type Scope = {
  inputs: Ports;
  /** In the order of the source; names are unique. */
  nodes: Node[];
  /** What the scope gives to the outside, bound to its nodes. */
  outputs: Bindings;
  outputPorts: Ports;
  /** After a failure nothing new starts (Tekton, Argo); otherwise all that can run does. */
  onFailure: 'continue' | 'stop';
};

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type ParameterType =
  | 'NUMBER_DOUBLE'
  | 'NUMBER_INTEGER'
  | 'STRING'
  | 'BOOLEAN'
  | 'LIST'
  | 'STRUCT'
  | 'TASK_FINAL_STATUS'
  | 'TASK_CONFIG';
export type ParameterPort = {
  type: ParameterType;
  optional?: true;
  default?: Json;
  literals?: Json[];
  description?: string;
};
export type ArtifactType = { schemaTitle?: string; schemaVersion?: string; instanceSchema?: string; schemaUri?: string };
export type ArtifactPort = { type: ArtifactType; optional?: true; list?: true; metadata?: { [key: string]: Json } };
export type Ports = { parameters: Record<string, ParameterPort>; artifacts: Record<string, ArtifactPort> };

/** Where a value comes from, seen from inside a scope. `select` is an expression of the dialect over the value. */
export type Binding = { select?: string } & (
  | { from: 'constant'; value: Json }
  | { from: 'input'; name: string }
  | { from: 'output'; node: string; name: string }
  /** The final status of a node, as a struct. */
  | { from: 'status'; node: string }
  /** The one of these that has a value. */
  | { from: 'oneOf'; of: Binding[] }
);
export type Bindings = { parameters: Record<string, Binding>; artifacts: Record<string, Binding> };

/** How a node ended, as edges see it. */
export type Outcome = 'succeeded' | 'cached' | 'failed' | 'cancelled' | 'skipped' | 'omitted';
/** A boolean formula over the outcomes of a node's upstream. */
export type Edge = { all: Edge[] } | { any: Edge[] } | { not: Edge } | { node: string; is: Outcome[] };

export type Retry = { limit: number; backoffMs: number; factor: number; maxBackoffMs: number };
export type Memo = { key?: string; enabled: boolean };

export type Node = {
  name: string;
  displayName?: string;
  /** What the node takes, with types and defaults. */
  inputs: Ports;
  bind: Bindings;
  /** What the node gives. A fan-out gives lists of these. */
  outputs: Ports;
  /** All nodes whose end it waits for. */
  after: string[];
  /** Whether it may run once they have ended. */
  when: Edge;
  /** A condition of the dialect over its inputs: false means skipped. */
  guard?: string;
  retry?: Retry;
  memo?: Memo;
  timeoutMs?: number;
  work: Work;
};
export type Work = Exec | Sub | Fanout | Select | Import | K8s | Noop;
/** One Pod. */
export type Exec = { kind: 'exec'; label: string; containers: Container[]; pod?: { [key: string]: Json } };
export type Container = {
  name: string;
  image: string;
  command: string[];
  args: string[];
  env: { name: string; value: string }[];
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
};
/** A scope inside a scope. */
export type Sub = { kind: 'scope'; scope: string; is: 'pipeline' | 'condition' | 'exit' };
/** The same body for each item. */
export type Fanout = {
  kind: 'fanout';
  items: { from: 'raw'; items: Json[] } | { from: 'parameter'; name: string } | { from: 'artifacts'; name: string };
  /** The input of the body that takes the item. */
  item: string;
  /** At most so many at a time; unlimited when absent. */
  parallelism?: number;
  body: Exclude<Work, Fanout>;
  /** Outputs of the body that are lists of a fan-out themselves: collected into one flat list. */
  flat: string[];
};
/** Passes on what its bindings give: any-sequencer, one-of. */
export type Select = { kind: 'select' };
export type Import = {
  kind: 'import';
  uri: Json;
  type: ArtifactType;
  metadata: { [key: string]: Json };
  reimport: boolean;
  toWorkspace: boolean;
};
/** An object that the engine creates or deletes itself. */
export type K8s = { kind: 'k8s'; operation: 'createPvc' | 'deletePvc' };
export type Noop = { kind: 'noop' };
