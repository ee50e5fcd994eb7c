import type { Json, Node } from '../graph/graph.ts';
import type { RunInfo } from './state.ts';
import type { Values } from './values.ts';

/** What the engine asks of the language a graph came from. All pure; failures are PipelineErrors of code `expression`. */
export interface Dialect {
  /** Whether a guard holds for a node's inputs. */
  guard(text: string, inputs: Values): boolean;
  /** A part of a value. */
  select(text: string, value: Json): Json;
  /** A constant of the graph, with names of the run and other inputs of the same node filled in. */
  constant(value: Json, context: ConstantContext): Json;
  /** What the status of a node looks like to a task that asks for it. */
  status(outcome: string, of: { node: string; run: RunInfo; message?: string }): Json;
  /** The key under which a node's outputs are remembered. */
  memoKey(node: Node, inputs: Values): string;
}
export type ConstantContext = { run: RunInfo; node: string; parent: string; inputs: Values };
