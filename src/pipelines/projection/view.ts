import type { NodeRow } from '../api/node.ts';
import type { EdgeView, NodeView, PipelineView, RunView } from '../api/view.ts';
import type { Binding, Exec, Fanout, Graph, Node, Scope } from '../graph/graph.ts';
import { topologicalOrder } from '../graph/topology.ts';
import { criticalPath } from './critical.ts';
import { kindOf } from './nodes.ts';
import { explainNode } from './why.ts';

/** What a run's view needs besides its rows: facts of the Run object and of its names. */
export type RunHead = Omit<RunView, 'nodes' | 'edges' | 'sequence'>;

/**
 * The view of a run, from its graph, its rows (in the order of their ordinals) and the last log lines of nodes that have
 * some. Nodes of scopes that have not opened are shown as Pending, so the shape is whole from the start.
 */
export function runView(
  head: RunHead,
  graph: Graph,
  rows: readonly NodeRow[],
  sequence: number,
  logTails: ReadonlyMap<string, readonly string[]> = new Map(),
): RunView {
  const byId = new Map(rows.map(r => [r.id, r]));
  const shape = new Shape(graph, byId);
  shape.scope(graph.root, '');
  const critical = criticalPath(shape.nodes, shape.edges);
  const nodes = shape.nodes.map(node => {
    const row = byId.get(node.id);
    const why = row && explainNode(head.name, row, logTails.get(node.id));
    return { ...node, ...(critical.has(node.id) ? { critical: true } : {}), ...(why ? { why } : {}) };
  });
  return { ...head, nodes, edges: shape.edges, sequence };
}

/** The shape of a pipeline before any run. */
export function pipelineView(graph: Graph, yaml: string): PipelineView {
  const shape = new Shape(graph, new Map());
  shape.scope(graph.root, '');
  const parameters = Object.entries(graph.scopes[graph.root]!.inputs.parameters).map(([name, port]) => ({
    name,
    type: port.type,
    optional: port.optional === true || port.default !== undefined,
    ...(port.default === undefined ? {} : { defaultValue: port.default }),
    ...(port.description ? { description: port.description } : {}),
    ...(port.literals ? { literals: port.literals } : {}),
  }));
  return { nodes: shape.nodes, edges: shape.edges, parameters, yaml };
}

/** Deep enough for every pipeline a person draws; a scope that contains itself has no end. */
const DEEPEST = 40;

/** Walks the graph as far as it is known and gathers nodes and edges. */
class Shape {
  readonly nodes: NodeView[] = [];
  readonly edges: EdgeView[] = [];
  readonly #graph: Graph;
  readonly #rows: ReadonlyMap<string, NodeRow>;
  readonly #iterations: ReadonlyMap<string, number>;

  constructor(graph: Graph, rows: ReadonlyMap<string, NodeRow>) {
    this.#graph = graph;
    this.#rows = rows;
    const iterations = new Map<string, number>();
    for (const { parent, iteration } of rows.values())
      if (parent !== undefined && iteration !== undefined)
        iterations.set(parent, Math.max(iterations.get(parent) ?? 0, iteration + 1));
    this.#iterations = iterations;
  }

  scope(name: string, within: string, depth = 0): void {
    const scope = this.#graph.scopes[name];
    if (!scope || depth > DEEPEST) return;
    const prefix = within === '' ? '' : `${within}.`;
    for (const node of topologicalOrder(scope.nodes) ?? scope.nodes) {
      const id = prefix + node.name;
      this.nodes.push(this.#view(node, id, within));
      this.#edgesInto(node, scope, prefix);
      this.#inside(node, id, depth);
    }
  }
  #inside(node: Node, id: string, depth: number): void {
    const { work } = node;
    if (work.kind === 'scope') this.scope(work.scope, id, depth + 1);
    if (work.kind !== 'fanout') return;
    const count = this.#iterations.get(id);
    // Before a loop has its items, its body is shown once.
    if (count === undefined && work.body.kind === 'scope' && !this.#rows.has(id)) this.scope(work.body.scope, id, depth + 1);
    for (let i = 0; i < (count ?? 0); i++) {
      const iteration = `${id}[${i}]`;
      this.nodes.push({ ...this.#view(node, iteration, id), kind: 'iteration', iteration: i });
      if (work.body.kind === 'scope') this.scope(work.body.scope, iteration, depth + 1);
    }
  }

  #view(node: Node, id: string, parent: string): NodeView {
    const row = this.#rows.get(id);
    const container = containerOf(node);
    return {
      id,
      taskName: node.name,
      displayName: row?.displayName ?? node.displayName ?? node.name,
      kind: kindOf(this.#graph, node),
      ...(parent === '' ? {} : { parent }),
      state: row?.state ?? 'Pending',
      ...(row?.startedAt ? { startedAt: row.startedAt } : {}),
      ...(row?.finishedAt ? { finishedAt: row.finishedAt } : {}),
      ...(row?.cachedFromRun ? { cachedFromRun: row.cachedFromRun } : {}),
      attempts: row?.attempts ?? [],
      ...(node.guard ? { condition: node.guard } : {}),
      ...(container ? { image: container.image, command: [...container.command, ...container.args] } : {}),
      inputs: row?.inputs ?? { parameters: {}, artifacts: [] },
      outputs: row?.outputs ?? { parameters: {}, artifacts: [] },
      ...(row?.message ? { message: row.message } : {}),
    };
  }

  /** What a node waits for: values it takes, a decision it hangs on, or mere order. */
  #edgesInto(node: Node, scope: Scope, prefix: string): void {
    const values = new Set([...Object.values(node.bind.parameters), ...Object.values(node.bind.artifacts)].flatMap(producersOf));
    for (const up of node.after) {
      const kind = values.has(up) ? (node.guard ? 'condition' : 'data') : 'order';
      if (scope.nodes.some(n => n.name === up)) this.edges.push({ from: prefix + up, to: prefix + node.name, kind });
    }
  }
}

function containerOf(node: Node): Exec['containers'][number] | undefined {
  const work = node.work.kind === 'fanout' ? (node.work as Fanout).body : node.work;
  return work.kind === 'exec' ? work.containers[0] : undefined;
}
function producersOf(binding: Binding): string[] {
  if (binding.from === 'output' || binding.from === 'status') return [binding.node];
  return binding.from === 'oneOf' ? binding.of.flatMap(producersOf) : [];
}
