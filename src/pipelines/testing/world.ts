import { at, each } from '../engine/chunks.ts';
import type { AttemptOutcome, RunEvent } from '../engine/events.ts';
import { apply } from '../engine/fold.ts';
import { findInstance, type Instance, initialState, nodeOf, type RunInfo, type RunState } from '../engine/state.ts';
import { type Action, type CacheHit, type Facts, type PodFact, type Step, step } from '../engine/step.ts';
import type { Artifact, Values } from '../engine/values.ts';
import type { Graph, Json, ParameterType } from '../graph/graph.ts';
import { irDialect } from '../ir/dialect.ts';
import { lowerIr } from '../ir/lower.ts';
import type { PipelineSpec, PlatformSpec } from '../ir/spec.ts';

/** What a task does in the fake world; by default it succeeds with made-up outputs of the right types. */
export type Script = (task: {
  id: string;
  name: string;
  inputs: Values;
  attempt: number;
}) => Partial<AttemptOutcome> | Values['parameters'] | undefined;
const AN_OUTPUT: Record<ParameterType, Json> = {
  STRING: 'text',
  NUMBER_INTEGER: 1,
  NUMBER_DOUBLE: 1.5,
  BOOLEAN: true,
  LIST: ['a', 'b'],
  STRUCT: { a: '1', b: '2', A_a: '1', B_b: '2' },
  TASK_FINAL_STATUS: {},
  TASK_CONFIG: {},
};

/** Runs a graph against Pods that end as a script says, in virtual time, without anything real. */
export class World {
  state: RunState;
  readonly log: RunEvent[] = [];
  readonly pods = new Map<string, PodFact>();
  readonly cache = new Map<string, CacheHit>();
  /** Addresses in the order in which their first attempt began. */
  readonly began: string[] = [];
  readonly killed = new Set<string>();
  peakPods = 0;
  steps = 0;
  terminate = false;
  retryGeneration = 0;
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  readonly #script: Script;
  readonly #answers: Record<string, CacheHit | null> = {};

  constructor(graph: Graph, o: { parameters?: RunInfo['parameters']; script?: Script; run?: Partial<RunInfo> } = {}) {
    this.#script = o.script ?? (() => undefined);
    this.state = initialState(graph, {
      uid: '11111111-2222-4333-8444-555555555555',
      name: `${graph.name.slice(0, 20)}-abcde`,
      namespace: 'default',
      displayName: graph.name,
      createdAt: this.now.toISOString(),
      parameters: o.parameters ?? {},
      serviceAccountName: 'pipeline-runner',
      cacheDisabled: false,
      ...o.run,
    });
  }
  static ofIr(spec: PipelineSpec, platform?: PlatformSpec, o: ConstructorParameters<typeof World>[1] = {}): World {
    return new World(lowerIr(spec, platform), o);
  }
  get now(): Date {
    return new Date(this.nowMs);
  }
  facts(): Facts {
    return {
      pods: [...this.pods.values()],
      cache: this.#answers,
      terminate: this.terminate,
      retryGeneration: this.retryGeneration,
    };
  }
  append(events: readonly RunEvent[]): void {
    this.log.push(...events);
    this.state = apply(this.state, events);
    // An answer serves one decision, as in the run log.
    for (const e of events) if ('fingerprint' in e && e.fingerprint) delete this.#answers[e.fingerprint];
  }

  /** One turn of the controller. */
  turn(): Step {
    this.steps++;
    const next = step(this.state, this.facts(), this.now, irDialect, (_, instance, n) => `pod-${instance.number}-${n}`);
    this.append(next.events);
    for (const action of next.actions) this.#perform(action);
    this.peakPods = Math.max(this.peakPods, [...this.pods.values()].filter(p => p.phase === 'running').length);
    return next;
  }
  /** Turns until the run is over, Pods ending in the order they began; true when it is over. */
  run(most = 100_000): boolean {
    for (let i = 0; i < most; i++) {
      if (this.state.finishedAt && this.retryGeneration === this.state.retryGeneration && this.pods.size === 0) return true;
      const { events, actions, wakeAt } = this.turn();
      const running = [...this.pods.values()].find(p => p.phase === 'running');
      if (running) this.endPod(running);
      else if (events.length === 0 && actions.length === 0) {
        if (!wakeAt) return false;
        this.nowMs = Math.max(this.nowMs, wakeAt.getTime());
      }
    }
    return false;
  }
  endPod(pod: PodFact): void {
    const outcome = this.#outcome(at(this.state.nodes, pod.node)!, pod.attempt);
    this.pods.set(pod.name, { ...pod, phase: outcome.outcome === 'failed' ? 'failed' : 'succeeded' });
  }

  #perform(action: Action): void {
    switch (action.do) {
      case 'start': {
        const instance = at(this.state.nodes, action.node)!;
        const name = instance.attempts[action.attempt]!.pod!;
        if (this.pods.has(name)) return;
        this.pods.set(name, { name, node: action.node, id: instance.id, attempt: action.attempt, phase: 'running' });
        if (action.attempt === 0) this.began.push(instance.id);
        return;
      }
      case 'collect':
        this.#finish(action.pod.node, action.pod.attempt);
        return;
      case 'release':
        this.pods.delete(action.pod.name);
        return;
      case 'kill':
        this.killed.add(action.pod.name);
        this.pods.set(action.pod.name, { ...action.pod, phase: 'failed' });
        return;
      case 'import':
      case 'k8s':
        this.#finish(action.node, action.attempt);
        return;
      case 'lookup':
        for (const fingerprint of action.fingerprints) this.#answers[fingerprint] = this.cache.get(fingerprint) ?? null;
    }
  }
  #finish(node: number, attempt: number): void {
    this.nowMs += 10;
    const instance = at(this.state.nodes, node)!;
    const outcome = this.#outcome(instance, attempt);
    this.append([{ type: 'attempt.finished', at: this.now.toISOString(), node, attempt, ...outcome }]);
    if (outcome.outcome === 'succeeded' && instance.fingerprint)
      this.cache.set(instance.fingerprint, { run: this.state.run.uid, outputs: outcome.outputs! });
  }
  #outcome(instance: Instance, attempt: number): AttemptOutcome {
    if (this.killed.has(instance.attempts[attempt]?.pod ?? '')) return { outcome: 'failed', exitCode: 137 };
    const node = nodeOf(this.state.graph, instance)!;
    const said = this.#script({ id: instance.id, name: node.name, inputs: instance.inputs!, attempt });
    if (said && 'outcome' in said && (said['outcome'] === 'failed' || said['outcome'] === 'cancelled'))
      return said as AttemptOutcome;
    const given = (said && !('outcome' in said) ? said : {}) as Values['parameters'];
    const parameters: Values['parameters'] = {};
    for (const [name, port] of Object.entries(node.outputs.parameters)) parameters[name] = given[name] ?? AN_OUTPUT[port.type];
    const artifacts: Values['artifacts'] = {};
    for (const [name, port] of Object.entries(node.outputs.artifacts)) artifacts[name] = [artifact(name, port.type, instance.id)];
    return { outcome: 'succeeded', exitCode: 0, outputs: { parameters, artifacts } };
  }

  /** Phase by address. */
  phases(): Record<string, Instance['phase']> {
    return Object.fromEntries([...each(this.state.nodes)].filter(n => n.id !== '').map(n => [n.id, n.phase]));
  }
  node(id: string): Instance {
    const found = findInstance(this.state, id);
    if (!found) throw new Error(`no node ${id}`);
    return found;
  }
}

function artifact(name: string, type: Artifact['type'], id: string): Artifact {
  return { name, type, uri: `minio://mlpipeline/v2/artifacts/${id}/${name}`, metadata: {} };
}
