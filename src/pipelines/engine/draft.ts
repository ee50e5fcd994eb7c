import type { RunError } from '../api/run.ts';
import type { NodeState, RunState as StateName } from '../api/view.ts';
import type { Binding, Fanout, Graph, Node, Outcome, Work } from '../graph/graph.ts';
import { indexOf, type ScopeIndex } from '../graph/topology.ts';
import { at, withChanges } from './chunks.ts';
import { type Children, type Instance, NODE_STATES, nodeOf, type RunState, workOf } from './state.ts';
import type { Values } from './values.ts';

/**
 * A run's state while events are folded into it: changes gather here and become a new state at the end, so that a batch
 * of events costs what it touches and nothing more. The state it started from stays as it was.
 */
export class Draft {
  readonly graph: Graph;
  #base: RunState;
  readonly #changed = new Map<number, Instance>();
  readonly #counts: Partial<Record<NodeState, number>>;
  #size: number;
  frontier: number[];
  backoff: number[];
  #top: Partial<RunState> = {};
  livePods: number;
  liveOthers: number;
  sequence: number;

  constructor(base: RunState) {
    this.#base = base;
    this.graph = base.graph;
    this.#size = base.nodes.size;
    this.#counts = { ...base.counts };
    this.frontier = [...base.frontier];
    this.backoff = [...base.backoff];
    this.livePods = base.livePods;
    this.liveOthers = base.liveOthers;
    this.sequence = base.sequence;
  }

  get size(): number {
    return this.#size;
  }
  get touched(): IterableIterator<number> {
    return this.#changed.keys();
  }
  get top(): RunState {
    return { ...this.#base, ...this.#top };
  }
  /** The state with all changes; `ready` instances stay in the frontier. */
  finish(): RunState {
    return {
      ...this.#base,
      ...this.#top,
      sequence: this.sequence,
      nodes: withChanges(this.#base.nodes, this.#changed, this.#size),
      frontier: this.frontier.filter(n => this.get(n).phase === 'ready'),
      backoff: this.backoff.filter(n => this.get(n).phase === 'backoff'),
      livePods: this.livePods,
      liveOthers: this.liveOthers,
      counts: this.#counts,
    };
  }

  get(number: number): Instance {
    const found = this.#changed.get(number) ?? at(this.#base.nodes, number);
    if (!found) throw new Error(`no instance ${number}`);
    return found;
  }
  set(number: number, change: Partial<Instance>): Instance {
    const before = this.get(number);
    const after = { ...before, ...change };
    this.#changed.set(number, after);
    if (change.phase !== undefined && this.isLeaf(after)) this.#count(before.phase, after.phase);
    return after;
  }
  /** As `set`, but members can go. */
  replace(number: number, instance: Instance): void {
    const before = this.get(number);
    this.#changed.set(number, instance);
    if (this.isLeaf(instance)) this.#count(before.phase, instance.phase);
  }
  setTop(change: Partial<RunState>): void {
    this.#top = { ...this.#top, ...change };
  }
  /** The run goes on after its end: how it ended is forgotten. */
  clearEnd(rest: Omit<RunState, 'finishedAt' | 'error' | 'terminating'>): void {
    this.#base = rest;
    this.#top = {};
  }
  setState(state: StateName, updateTime: string, error?: RunError): void {
    const entry = { updateTime, state, ...(error ? { error } : {}) };
    this.setTop({ state, history: [...this.top.history, entry], ...(error ? { error } : {}) });
  }
  /** Terminating, or over: nothing new starts. */
  get isStopping(): boolean {
    return (this.#top.terminating ?? this.#base.terminating) !== undefined;
  }

  isLeaf(instance: Instance): boolean {
    const kind = workOf(this.graph, instance).kind;
    return kind !== 'scope' && kind !== 'fanout';
  }
  #count(before: Instance['phase'] | undefined, after: Instance['phase']): void {
    if (before) {
      const key = NODE_STATES[before];
      this.#counts[key] = (this.#counts[key] ?? 0) - 1;
      if (this.#counts[key] === 0) delete this.#counts[key];
    }
    this.#counts[NODE_STATES[after]] = (this.#counts[NODE_STATES[after]] ?? 0) + 1;
  }

  add(instance: Omit<Instance, 'number' | 'attempts' | 'attemptsBefore'>): number {
    const number = this.#size++;
    const made: Instance = { ...instance, number, attempts: [], attemptsBefore: 0 };
    this.#changed.set(number, made);
    if (this.isLeaf(made)) this.#count(undefined, made.phase);
    if (made.phase === 'ready') this.frontier.push(number);
    return number;
  }
  makeReady(number: number): void {
    this.set(number, { phase: 'ready' });
    this.frontier.push(number);
  }

  scopeOf(work: Work): ScopeIndex {
    return indexOf(this.graph).get((work as { scope: string }).scope)!;
  }
  /** The scope that an instance's siblings are nodes of. */
  siblings(instance: Instance): ScopeIndex {
    return indexOf(this.graph).get(instance.place!.scope)!;
  }
  sibling(instance: Instance, name: string): Instance {
    // An iteration stands beside its loop's siblings, one level further in.
    const loop = instance.iteration === undefined ? instance : this.get(instance.parent);
    return this.get(this.get(loop.parent).children!.first + this.siblings(instance).at.get(name)!);
  }

  /** Opens a scope: its nodes become instances, those without upstream are ready. */
  openScope(number: number, index: ScopeIndex, scope: string, createdAt: string): void {
    const parent = this.get(number);
    const prefix = parent.id === '' ? '' : `${parent.id}.`;
    const { nodes } = index.scope;
    this.set(number, { children: newChildren(this.#size, nodes.length) });
    nodes.forEach((node, i) => {
      const waitsFor = node.after.length;
      this.add({
        id: prefix + node.name,
        parent: number,
        place: { scope, index: i },
        phase: waitsFor === 0 ? 'ready' : 'waiting',
        waitsFor,
        createdAt,
      });
    });
    if (nodes.length === 0) this.complete(number, createdAt);
  }
  /** Opens a fan-out: one instance an item, as many ready as may run at a time. */
  openFanout(number: number, count: number, createdAt: string): void {
    const { id, place } = this.get(number);
    this.set(number, { children: newChildren(this.#size, count) });
    for (let i = 0; i < count; i++)
      this.add({ id: `${id}[${i}]`, parent: number, place: place!, iteration: i, phase: 'waiting', waitsFor: 0, createdAt });
    if (count === 0) this.complete(number, createdAt);
    else this.startIterations(number);
  }
  startIterations(number: number): void {
    const fanout = this.get(number);
    const limit = (workOf(this.graph, fanout) as Fanout).parallelism ?? Number.POSITIVE_INFINITY;
    let { running, next } = fanout.children!;
    const { first, count } = fanout.children!;
    for (; running < limit && next < count; next++) {
      if (this.get(first + next).phase !== 'waiting') continue;
      this.makeReady(first + next);
      running++;
    }
    this.set(number, { children: { ...fanout.children!, running, next } });
  }

  /** An instance ends: its followers wait for one less, its parent has one less open. */
  end(number: number, outcome: Outcome, finishedAt: string, more: Partial<Instance> = {}): void {
    const instance = this.set(number, { ...more, phase: outcome, finishedAt });
    if (instance.parent < 0) {
      this.#endRun(instance, finishedAt);
      return;
    }
    if (instance.iteration === undefined) this.#tellFollowers(instance);
    this.#childEnded(instance, outcome, finishedAt);
  }
  #tellFollowers(instance: Instance): void {
    const first = this.get(instance.parent).children!.first;
    for (const index of this.siblings(instance).followers[instance.place!.index]!) {
      const follower = this.get(first + index);
      const waitsFor = follower.waitsFor - 1;
      this.set(first + index, { waitsFor });
      if (waitsFor === 0 && follower.phase === 'waiting') this.makeReady(first + index);
    }
  }
  #childEnded(child: Instance, outcome: Outcome, finishedAt: string): void {
    const parent = this.get(child.parent);
    const children = { ...parent.children! };
    children.open--;
    if (outcome === 'failed') children.failed++;
    if (outcome === 'cancelled') children.cancelled++;
    if (child.iteration !== undefined) children.running--;
    this.set(parent.number, { children });
    if (children.open === 0) this.complete(parent.number, finishedAt);
    else if (child.iteration !== undefined && !this.isStopping) this.startIterations(parent.number);
  }

  /** All children have ended: so does the parent, with their outputs. */
  complete(number: number, finishedAt: string): void {
    const instance = this.get(number);
    const { failed, cancelled } = instance.children!;
    if (failed > 0) this.end(number, 'failed', finishedAt, { message: `${failed} of ${instance.children!.count} failed` });
    else if (cancelled > 0) this.end(number, 'cancelled', finishedAt);
    else this.end(number, 'succeeded', finishedAt, { outputs: this.#gather(instance) });
  }
  #gather(instance: Instance): Values {
    const work = workOf(this.graph, instance);
    const children = instance.children!;
    if (work.kind === 'fanout') return this.#collect(nodeOf(this.graph, instance)!, work, children);
    const scope = this.scopeOf(work);
    const outputs: Values = { parameters: {}, artifacts: {} };
    for (const [name, binding] of Object.entries(scope.scope.outputs.parameters)) {
      const value = this.#outputOf(scope, children, binding, 'parameters', instance);
      if (value !== undefined) outputs.parameters[name] = value;
    }
    for (const [name, binding] of Object.entries(scope.scope.outputs.artifacts)) {
      const value = this.#outputOf(scope, children, binding, 'artifacts', instance);
      if (value !== undefined) outputs.artifacts[name] = value;
    }
    return outputs;
  }
  #outputOf<K extends 'parameters' | 'artifacts'>(
    scope: ScopeIndex,
    children: Children,
    binding: Binding,
    what: K,
    within: Instance,
  ): Values[K][string] | undefined {
    if (binding.from === 'oneOf') {
      for (const one of binding.of) {
        const value = this.#outputOf(scope, children, one, what, within);
        if (value !== undefined) return value;
      }
      return undefined;
    }
    if (binding.from === 'input') return within.inputs?.[what][binding.name] as Values[K][string] | undefined;
    if (binding.from !== 'output') return undefined;
    const index = scope.at.get(binding.node);
    if (index === undefined) return undefined;
    return this.get(children.first + index).outputs?.[what][binding.name] as Values[K][string] | undefined;
  }
  /** The outputs of iterations as lists in their order; a loop in a loop gives one flat list. */
  #collect(node: Node, work: Fanout, children: Children): Values {
    const outputs: Values = { parameters: {}, artifacts: {} };
    const flat = new Set(work.flat);
    const parameters = Object.keys(node.outputs.parameters);
    const artifacts = Object.keys(node.outputs.artifacts);
    for (const name of parameters) outputs.parameters[name] = [];
    for (const name of artifacts) outputs.artifacts[name] = [];
    for (let i = 0; i < children.count; i++) {
      const given = this.get(children.first + i).outputs;
      if (!given) continue;
      for (const name of parameters) {
        const value = given.parameters[name];
        if (value === undefined) continue;
        const list = outputs.parameters[name] as unknown[];
        if (flat.has(name) && Array.isArray(value)) list.push(...value);
        else list.push(value);
      }
      for (const name of artifacts) outputs.artifacts[name]!.push(...(given.artifacts[name] ?? []));
    }
    return outputs;
  }

  #endRun(root: Instance, at: string): void {
    // While terminating, the end waits for `run.finished`, so that clients can see CANCELING.
    if (this.isStopping) return;
    this.setTop({ finishedAt: at });
    if (root.phase !== 'failed') {
      this.setState('SUCCEEDED', at);
      return;
    }
    this.setState('FAILED', at, { code: 2, message: this.#firstFailure(root) });
  }
  #firstFailure(instance: Instance): string {
    const { children } = instance;
    for (let i = 0; children && i < children.count; i++) {
      const child = this.get(children.first + i);
      if (child.phase === 'failed')
        return child.children ? this.#firstFailure(child) : `task ${child.id} failed: ${child.message ?? 'no message'}`;
    }
    return `task ${instance.id} failed: ${instance.message ?? 'no message'}`;
  }
}

function newChildren(first: number, count: number): Children {
  return { first, count, open: count, failed: 0, cancelled: 0, running: 0, next: 0 };
}
