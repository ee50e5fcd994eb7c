import type { NodeRow } from '../api/node.ts';
import type { ArtifactView, AttemptView, NodeView } from '../api/view.ts';
import { type Attempt, type Instance, NODE_STATES, nodeOf, type RunState } from '../engine/state.ts';
import type { Values } from '../engine/values.ts';
import type { Graph, Node, Work } from '../graph/graph.ts';

/** An instance as the ledger and the API show it. */
export function nodeRow(state: RunState, instance: Instance): NodeRow {
  const node = nodeOf(state.graph, instance);
  const name = node?.name ?? 'root';
  const label = node?.displayName ?? name;
  return {
    runUid: state.run.uid,
    id: instance.id,
    ...(instance.parent < 0 ? {} : { parent: parentId(instance) }),
    taskName: name,
    displayName: instance.iteration === undefined ? label : `${label} (${instance.iteration})`,
    kind: node ? (instance.iteration === undefined ? kindOf(state.graph, node) : 'iteration') : 'root',
    state: NODE_STATES[instance.phase],
    createdAt: instance.createdAt,
    ...optional('startedAt', instance.startedAt),
    ...optional('finishedAt', instance.finishedAt),
    ...optional('iteration', instance.iteration),
    inputs: valuesView(instance.inputs),
    outputs: valuesView(instance.outputs),
    attempts: instance.attempts.map(attemptView),
    ...optional('cachedFromRun', instance.cachedFrom),
    ...optional('cacheFingerprint', instance.fingerprint),
    ...optional('message', instance.message),
    ...optional('condition', node?.guard),
    ...optional('executionId', instance.executionId),
  };
}

/** `a.b` is inside `a`, `loop[3]` inside `loop`; what stands at the top is inside the root, the empty address. */
function parentId({ id, iteration }: Instance): string {
  return iteration === undefined ? id.slice(0, Math.max(0, id.lastIndexOf('.'))) : id.slice(0, id.lastIndexOf('['));
}

/** How the console draws a node. */
export function kindOf(graph: Graph, node: Node): NodeView['kind'] {
  const { work } = node;
  if (work.kind === 'fanout') return 'loop';
  if (work.kind === 'import') return 'importer';
  if (work.kind === 'scope') return work.is === 'condition' ? 'condition' : 'subgraph';
  return isExitTask(graph, node) ? 'exit' : 'task';
}
/** A task that waits for the end of an exit handler, good or bad. */
function isExitTask(graph: Graph, node: Node): boolean {
  if (!('all' in node.when) || node.when.all.length > 0) return false;
  const scope = Object.values(graph.scopes).find(s => s.nodes.includes(node));
  return node.after.some(name => isExitHandler(scope?.nodes.find(n => n.name === name)?.work));
}
function isExitHandler(work: Work | undefined): boolean {
  return work?.kind === 'scope' && work.is === 'exit';
}

export function valuesView(values: Values | undefined): { parameters: Record<string, unknown>; artifacts: ArtifactView[] } {
  const artifacts = Object.entries(values?.artifacts ?? {}).flatMap(([name, list]) =>
    list.map(
      (a): ArtifactView => ({
        name,
        type: a.type.schemaTitle ?? 'system.Artifact',
        uri: a.uri,
        ...optional('artifactId', a.id),
        ...optional('sizeBytes', a.sizeBytes),
        ...optional('sha256', a.sha256),
        ...(Object.keys(a.metadata).length > 0 ? { metadata: a.metadata } : {}),
      }),
    ),
  );
  return { parameters: values?.parameters ?? {}, artifacts };
}
function attemptView(attempt: Attempt): AttemptView {
  const { outcome, seenAt, startedAt } = attempt;
  const running = seenAt ? 'Running' : 'Pending';
  const begun = startedAt ?? seenAt;
  return {
    number: attempt.number,
    pod: attempt.pod ?? '',
    state: outcome ? NODE_STATES[outcome] : running,
    ...optional('startedAt', begun),
    ...optional('finishedAt', attempt.finishedAt),
    ...optional('exitCode', attempt.exitCode),
    ...optional('message', attempt.message),
  };
}
function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
