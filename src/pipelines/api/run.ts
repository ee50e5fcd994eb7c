import type { Gvk, Obj } from '../../kube/types.ts';
import { GROUP } from '../../lib/brand.ts';
import type { NodeState, RunState } from './view.ts';

export const RUN_API_VERSION = `${GROUP}/v1`;
export const RUN_GVK: Gvk = `${GROUP}/v1/Run`;
/** Larger pipeline specs live in the blob store; the Run holds their hash. */
export const INLINE_SPEC_LIMIT_BYTES = 128 * 1024;

/**
 * One execution of a pipeline. `metadata.uid` is the KFP run_id; `metadata.name` is `<pipeline name>-<5 suffix>`: the
 * workflow name that steps see and the prefix of their Pods' names.
 */
export type Run = Obj<RunSpec, RunStatus>;

export type RunSpec = {
  displayName: string;
  description?: string;
  experimentId: string;
  /** The pipeline spec (IR) as JSON, at most 128 kB … */
  pipelineSpec?: unknown;
  /** … or the sha256 of its JSON in the blob store. */
  pipelineSpecHash?: string;
  platformSpec?: unknown;
  /** Where the spec came from, for the API and the console. */
  pipelineRef?: { pipelineId: string; pipelineVersionId: string };
  /** runtime_config.parameters: any JSON. */
  parameters?: Record<string, unknown>;
  pipelineRoot?: string;
  serviceAccountName?: string;
  storageState?: 'AVAILABLE' | 'ARCHIVED';
  /** Set once by :terminate; never unset. */
  terminate?: boolean;
  /** Grows by one with each :retry. */
  retryGeneration?: number;
  cacheDisabled?: boolean;
  recurringRunId?: string;
  /** When a recurring run meant it to start, RFC 3339. */
  scheduledAt?: string;
};

export type RunStatus = {
  state?: RunState;
  startedAt?: string;
  finishedAt?: string;
  error?: RunError;
  /** Oldest first. */
  stateHistory?: { updateTime: string; state: RunState; error?: RunError }[];
  /** Leaf nodes by state. */
  counts?: Partial<Record<NodeState, number>>;
  /** The nodes worth a look without asking the ledger: running, failed, at most 20. */
  nodes?: RunNode[];
  /** Sequence of the last log event that this status reflects. */
  sequence?: number;
  /** The retry generation that this status reflects. */
  retryGeneration?: number;
};
/** `code` is google.rpc.Code. */
export type RunError = { code: number; message: string };
export type RunNode = {
  id: string;
  taskName: string;
  state: NodeState;
  pod?: string;
  message?: string;
  startedAt?: string;
  finishedAt?: string;
};

const FINAL: ReadonlySet<RunState> = new Set<RunState>(['SUCCEEDED', 'SKIPPED', 'FAILED', 'CANCELED']);
/** Whether a run in this state will not change any more, save by :retry. */
export function isFinal(state: RunState | undefined): boolean {
  return state !== undefined && FINAL.has(state);
}

const anything = { 'x-kubernetes-preserve-unknown-fields': true };
const text = { type: 'string' };
const time = { type: 'string', format: 'date-time' };
const error = { type: 'object', properties: { code: { type: 'integer' }, message: text } };

/** CustomResourceDefinition of Run. */
export const runCrd: Obj = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `runs.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'runs', singular: 'run', kind: 'Run', listKind: 'RunList', categories: ['pipelines'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'State', type: 'string', jsonPath: '.status.state' },
          { name: 'Started', type: 'date', jsonPath: '.status.startedAt' },
          { name: 'Finished', type: 'date', jsonPath: '.status.finishedAt' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['displayName', 'experimentId'],
                properties: {
                  displayName: text,
                  description: text,
                  experimentId: text,
                  pipelineSpec: anything,
                  pipelineSpecHash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
                  platformSpec: anything,
                  pipelineRef: {
                    type: 'object',
                    required: ['pipelineId', 'pipelineVersionId'],
                    properties: { pipelineId: text, pipelineVersionId: text },
                  },
                  parameters: { type: 'object', ...anything },
                  pipelineRoot: text,
                  serviceAccountName: { type: 'string', default: 'pipeline-runner' },
                  storageState: { type: 'string', enum: ['AVAILABLE', 'ARCHIVED'], default: 'AVAILABLE' },
                  terminate: { type: 'boolean' },
                  retryGeneration: { type: 'integer', minimum: 0 },
                  cacheDisabled: { type: 'boolean' },
                  recurringRunId: text,
                  scheduledAt: time,
                },
              },
              status: {
                type: 'object',
                properties: {
                  state: text,
                  startedAt: time,
                  finishedAt: time,
                  error,
                  stateHistory: {
                    type: 'array',
                    items: { type: 'object', properties: { updateTime: time, state: text, error } },
                  },
                  counts: { type: 'object', additionalProperties: { type: 'integer' } },
                  nodes: { type: 'array', items: { type: 'object', ...anything } },
                  sequence: { type: 'integer' },
                  retryGeneration: { type: 'integer' },
                },
              },
            },
          },
        },
      },
    ],
  },
};
