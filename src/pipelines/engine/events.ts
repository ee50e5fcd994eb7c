import type { Json } from '../graph/graph.ts';
import type { Values } from './values.ts';

/**
 * The log of a run: what was decided and what came back, in the order in which it became durable. Everything else about
 * a run follows from it. Times are RFC 3339; `node` is an instance's number.
 */
export type RunEvent = { at: string } /** `artifactRoot`: the namespace's, as it was then. */ & (
  | { type: 'run.started'; inputs: Values; artifactRoot?: string }
  | { type: 'run.terminating'; reason: 'terminated' | 'timeout' }
  | { type: 'run.finished'; message: string }
  | { type: 'run.retried'; generation: number }
  /** A scope or fan-out opens, or a node without work passes; `items` of a fan-out. */
  | { type: 'node.started'; node: number; inputs: Values; items?: Item[] }
  /** `skipped`: its condition is false; `omitted`: its upstream did not end as it needs. */
  | { type: 'node.skipped'; node: number; outcome: 'skipped' | 'omitted'; message: string; inputs?: Values }
  | { type: 'node.failed'; node: number; message: string; inputs?: Values }
  | { type: 'node.cached'; node: number; inputs: Values; fingerprint: string; run: string; outputs: Values }
  /** `inputs` and `fingerprint` with the first attempt only. */
  | { type: 'attempt.planned'; node: number; attempt: number; pod?: string; inputs?: Values; fingerprint?: string }
  | { type: 'attempt.started'; node: number; attempt: number }
  | ({ type: 'attempt.finished'; node: number; attempt: number } & AttemptOutcome)
);
export type Item = { parameter: Json } | { artifact: Values['artifacts'][string][number] };
export type AttemptOutcome = {
  outcome: 'succeeded' | 'failed' | 'cancelled';
  message?: string;
  exitCode?: number;
  startedAt?: string;
  finishedAt?: string;
  outputs?: Values;
  executionId?: string;
};
