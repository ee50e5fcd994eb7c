import {
  type Effect,
  type EventDraft,
  type Frozen,
  type Gvk,
  gvkOf,
  jsonEqual,
  type Observed,
  type Plan,
} from '../../kube/index.ts';
import { type BackoffOptions, backoffMs } from './backoff.ts';
import { conditionsOf } from './conditions.ts';
import { type ContainerView, type ProbeFacts, viewsOf } from './container-view.ts';
import {
  type AgentFact,
  EFFECT,
  NO_FACT,
  POD,
  type PodWant,
  type ProbeWant,
  type Problem,
  SOURCE,
  type StartParams,
} from './fact.ts';
import { type Crashes, type Decision, decide, probeOf, sooner } from './lifecycle.ts';
import { backOffEvent, killingEvent, problemEvents, startEvents, unhealthyEvent } from './messages.ts';
import { containersOf, isTerminal, type Pod, type PodPhase, type PodStatus, podRef } from './pod.ts';
import { qosClass } from './qos.ts';
import { containerStatus, timeText, type Waiting } from './status.ts';
import { readObjects, volumeVersions } from './volume-versions.ts';

export type AgentConfig = {
  nodeName: string;
  hostIP: string;
  backoff: BackoffOptions;
  /** A start that takes longer is reported as ContainerCreating; a faster one costs no status write. */
  slowStartMs: number;
  /** A Pod that runs once and ends within this is reported when it has ended, as a kubelet's once a second look would. */
  shortRunMs: number;
};
export type Memo = {
  seenAt: string;
  crashes: Crashes /** What was told last, by subject: an event is told once. */;
  told: Readonly<Record<string, string>>;
};
type Failure = { reason: string; message: string };
const DEFAULT_GRACE_SECONDS = 30;
/** @source kubernetes pkg/kubelet/eviction immediateEvictionGracePeriodSeconds (from knowledge) */
const EVICTION_GRACE_MS = 1_000;

/** The state machine of one Pod: what to start and stop, and what to report. Pure. */
export function planPod(observed: Observed<Pod, Memo>, now: Date, config: AgentConfig): Plan<Memo> {
  const pod = observed.object;
  if (pod.spec?.nodeName !== config.nodeName) return {};
  return new Turn(observed, now, config).plan();
}

/** One run of the state machine; it lives only while `plan` runs. */
class Turn {
  readonly #observed: Observed<Pod, Memo>;
  readonly #pod: Frozen<Pod>;
  readonly #uid: string;
  readonly #now: Date;
  readonly #config: AgentConfig;
  readonly #fact: Frozen<AgentFact>;
  readonly #probes: Frozen<ProbeFacts>;
  readonly #views: ContainerView[];
  readonly #memo: Memo;
  readonly #effects: Effect[] = [];
  readonly #events: EventDraft[] = [];
  readonly #told: Record<string, string>;
  readonly #wake: { requeueAt?: Date } = {};

  constructor(observed: Observed<Pod, Memo>, now: Date, config: AgentConfig) {
    this.#observed = observed;
    this.#pod = observed.object;
    this.#uid = this.#pod.metadata.uid!;
    this.#now = now;
    this.#config = config;
    this.#fact = observed.signal<AgentFact>(SOURCE.containers) ?? NO_FACT;
    this.#probes = observed.signal<ProbeFacts>(SOURCE.probes) ?? {};
    this.#views = viewsOf(this.#pod, this.#fact, this.#probes, now);
    this.#memo = observed.memo ?? { seenAt: now.toISOString(), crashes: {}, told: {} };
    this.#told = { ...this.#memo.told };
  }

  plan(): Plan<Memo> {
    const { deletionTimestamp } = this.#pod.metadata;
    if (isTerminal(this.#pod.status?.phase) && !this.#views.some(v => v.run?.state === 'running')) return this.#ended();
    const failure = this.#failure();
    const decision = decide(this.#pod, this.#views, this.#probes, {
      ending: deletionTimestamp !== undefined || failure !== undefined || isTerminal(this.#pod.status?.phase),
      graceMs: this.#graceMs(),
      crashes: this.#memo.crashes,
      now: this.#now,
      backoff: this.#config.backoff,
    });
    if (decision.requeueAt) sooner(this.#wake, decision.requeueAt);
    if (deletionTimestamp && decision.finished && !this.#views.some(v => v.run)) return this.#ended();
    this.#stop(decision);
    this.#start(decision);
    this.#refreshVolumes();
    const status = this.#status(decision, failure);
    this.#tell(decision);
    if (deletionTimestamp && decision.finished && jsonEqual(status, this.#pod.status)) return this.#ended();
    return this.#out(decision.crashes, this.#isQuiet(decision) ? undefined : status);
  }

  /** The outcome is on record: let go of the sandbox, and of the object when it was deleted. */
  #ended(): Plan<Memo> {
    const { deletionTimestamp, deletionGracePeriodSeconds } = this.#pod.metadata;
    this.#effects.length = 0;
    if (this.#fact.runtime || deletionTimestamp) {
      this.#effects.push({ name: EFFECT.podRemove, id: this.#uid, params: { uid: this.#uid } });
    }
    const plan: Plan<Memo> = { ...this.#out(this.#memo.crashes, undefined), needs: [this.#need()] };
    // With grace 0 on record only the finalizers of others keep the object.
    if (!deletionTimestamp || deletionGracePeriodSeconds === 0) return plan;
    return { ...plan, writes: [{ verb: 'delete', ref: podRef(this.#pod), uid: this.#uid, graceSeconds: 0 }] };
  }

  #out(crashes: Crashes, status: PodStatus | undefined): Plan<Memo> {
    const plan: Plan<Memo> = {
      effects: this.#effects,
      events: this.#events,
      needs: [this.#need(), ...this.#probeNeeds()],
      memo: { seenAt: this.#memo.seenAt, crashes, told: this.#told },
    };
    if (status) plan.status = status;
    if (this.#wake.requeueAt) plan.requeueAt = this.#wake.requeueAt;
    return plan;
  }
  #need() {
    const { namespace, name } = this.#pod.metadata;
    const params: PodWant = { namespace: namespace!, name, refs: readObjects(this.#pod), logTails: logTailsOf(this.#pod) };
    return { source: SOURCE.containers, key: this.#uid, params };
  }
  #probeNeeds(): NonNullable<Plan['needs']> {
    const wants: Record<string, ProbeWant> = {};
    for (const { spec, run, role, started } of this.#views) {
      if (run?.state !== 'running' || role === 'init') continue;
      for (const kind of started ? (['liveness', 'readiness'] as const) : (['startup'] as const)) {
        const probe = probeOf(spec, kind);
        if (!probe) continue;
        wants[`${spec.name}/${kind}`] = {
          attempt: run.attempt,
          uid: this.#uid,
          container: spec.name,
          probe: probe as ProbeWant['probe'],
          ports: spec.ports as ProbeWant['ports'],
        };
      }
    }
    // A want that ended is told as an empty list, so that the prober stops.
    const had = Object.keys(this.#probes).length > 0;
    return had || Object.keys(wants).length > 0 ? [{ source: SOURCE.probes, key: this.#uid, params: wants }] : [];
  }

  /** True while a start is under way and young, so that a quick start costs one status write, not two. */
  #isQuiet(decision: Decision): boolean {
    if (this.#isShort(decision)) return true;
    if (this.#pod.status?.startTime || this.#views.some(v => v.run) || decision.finished) return false;
    if (Object.keys(this.#fact.problems).length > 0) return false;
    const until = new Date(Date.parse(this.#memo.seenAt) + this.#config.slowStartMs);
    if (this.#now >= until) return false;
    sooner(this.#wake, until);
    return true;
  }

  /** True while a Pod that runs once has only just begun: what it does may be over before anybody is told. */
  #isShort(decision: Decision): boolean {
    const { spec, status } = this.#pod;
    if (spec!.restartPolicy !== 'Never' || status?.startTime || decision.finished || decision.stop.length > 0) return false;
    if (!this.#views.every(v => v.role === 'main' && v.run)) return false;
    const until = new Date(Math.max(...this.#views.map(v => Date.parse(v.run!.startedAt))) + this.#config.shortRunMs);
    if (Number.isNaN(until.getTime()) || this.#now >= until) return false;
    sooner(this.#wake, until);
    return true;
  }

  #graceMs(): number {
    if (this.#fact.evicted !== undefined) return EVICTION_GRACE_MS;
    const { deletionGracePeriodSeconds } = this.#pod.metadata;
    return (deletionGracePeriodSeconds ?? this.#pod.spec!.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
  }
  /** Why the node ends the Pod before its containers do. */
  #failure(): Failure | undefined {
    const { evicted } = this.#fact;
    if (evicted !== undefined) {
      this.#once('evicted', '', () => [{ type: 'Warning', reason: 'Evicted', message: evicted }]);
      return { reason: 'Evicted', message: evicted };
    }
    if (!this.#deadlinePassed()) return undefined;
    return { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
  }
  #deadlinePassed(): boolean {
    const seconds = this.#pod.spec!.activeDeadlineSeconds;
    if (seconds === undefined) return false;
    const at = new Date(Date.parse(this.#pod.status?.startTime ?? this.#memo.seenAt) + seconds * 1000);
    if (this.#now >= at) return true;
    sooner(this.#wake, at);
    return false;
  }

  #stop(decision: Decision): void {
    for (const { view, why, graceMs } of decision.stop) {
      const { spec, run } = view;
      const { preStop, stopSignal } = spec.lifecycle ?? {};
      const params = {
        uid: this.#uid,
        container: spec.name,
        attempt: run!.attempt,
        graceMs,
        ports: spec.ports,
        ...(preStop ? { preStop } : {}),
        ...(stopSignal ? { signal: stopSignal } : {}),
      };
      this.#effects.push({ name: EFFECT.containerStop, id: `${this.#uid}/${spec.name}/${run!.attempt}/${graceMs}`, params });
      this.#once(`killing/${spec.name}`, run!.attempt, () => [killingEvent(this.#pod, view, why)]);
    }
  }

  #start(decision: Decision): void {
    const due = decision.start.filter(({ view }) => this.#isDue(view.problem));
    if (due.length === 0) return;
    const containers = due.map(({ view, attempt }) => ({ name: view.spec.name, attempt }));
    const tries = Math.max(0, ...due.map(({ view }) => view.problem?.count ?? 0));
    const names = containers.map(c => `${c.name}/${c.attempt}`).join(',');
    const { runtime } = this.#fact;
    const params: StartParams = {
      pod: this.#pod as Pod,
      containers,
      afresh: runtime !== undefined && runtime.sandbox !== 'ready',
    };
    const name = runtime?.sandbox === 'ready' ? EFFECT.containerStart : EFFECT.podStart;
    this.#effects.push({ name, id: `${this.#uid}/${names}#${tries}`, params });
  }
  /** Whether what failed may be tried again: its back-off is over, or what was missing is there. */
  #isDue(problem: Frozen<Problem> | undefined): boolean {
    if (!problem) return true;
    const { missing } = problem;
    if (missing && this.#observed.find(gvkOf(missing) as Gvk, missing).length > 0) return true;
    const at = new Date(Date.parse(problem.at) + backoffMs(problem.count, this.#config.backoff));
    if (this.#now >= at) return true;
    sooner(this.#wake, at);
    return false;
  }
  #refreshVolumes(): void {
    if (this.#fact.runtime?.sandbox !== 'ready') return;
    const versions = volumeVersions(this.#pod, (gvk, ref) => this.#observed.find(gvk, ref)[0]);
    if (versions === '' || versions === this.#fact.volumeVersions) return;
    this.#effects.push({ name: EFFECT.volumesRefresh, id: `${this.#uid}/${versions}`, params: { pod: this.#pod, versions } });
  }

  #status(decision: Decision, failure: Failure | undefined): PodStatus {
    const past = this.#pod.status ?? {};
    const phase = this.#phase(decision, failure);
    const runtime = this.#fact.runtime;
    const podIP = runtime?.podIP ?? past.podIP;
    const list = (...roles: ContainerView['role'][]) =>
      this.#views.filter(v => roles.includes(v.role)).map(v => containerStatus(this.#pod, v, this.#waiting(v, decision)));
    const inits = list('init', 'sidecar');
    const ephemeral = list('ephemeral');
    const sandboxReady = runtime?.sandbox === 'ready' && !decision.finished;
    const { generation } = this.#pod.metadata;
    return {
      ...(past as PodStatus),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      phase,
      ...(phase === 'Failed' ? failure : {}),
      conditions: conditionsOf(this.#pod, {
        phase,
        views: this.#views,
        initialized: decision.initialized,
        sandboxReady,
        evicted: this.#fact.evicted,
        now: this.#now,
      }),
      hostIP: this.#config.hostIP,
      hostIPs: [{ ip: this.#config.hostIP }],
      ...(podIP ? { podIP, podIPs: [{ ip: podIP }] } : {}),
      startTime: past.startTime ?? timeText(this.#memo.seenAt),
      qosClass: qosClass(this.#pod),
      containerStatuses: list('main'),
      ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
      ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    };
  }
  #phase(decision: Decision, failure: Failure | undefined): PodPhase {
    const past = this.#pod.status?.phase;
    if (isTerminal(past)) return past!;
    const mains = this.#views.filter(v => v.role === 'main');
    if (decision.finished) {
      const good = !failure && !decision.initFailed && mains.every(v => v.run?.exitCode === 0 && !v.run.startError);
      return good ? 'Succeeded' : 'Failed';
    }
    return mains.every(v => v.run) ? 'Running' : 'Pending';
  }
  #waiting(view: ContainerView, decision: Decision): Waiting | undefined {
    const crash = decision.waiting.get(view.spec.name);
    if (crash) return crash;
    const { problem, run, reported } = view;
    if (run && !problem) return undefined;
    const own = this.#fact.problems[view.spec.name];
    if (own && (!run || decision.start.some(s => s.view === view)))
      return imageBackOff(own, view, reported?.state.waiting?.reason);
    if (run) return undefined;
    return { reason: this.#views.some(v => v.role === 'init' || v.role === 'sidecar') ? 'PodInitializing' : 'ContainerCreating' };
  }

  #tell(decision: Decision): void {
    for (const view of this.#views) {
      const { name } = view.spec;
      if (view.run) this.#once(`started/${name}`, view.run.attempt, () => startEvents(this.#pod, view));
      if (decision.waiting.has(name)) this.#once(`backoff/${name}`, view.run!.attempt, () => [backOffEvent(this.#pod, view)]);
      const problem = this.#fact.problems[name];
      if (problem) this.#once(`problem/${name}`, problem.count, () => problemEvents(this.#pod, view, problem));
      for (const kind of ['startup', 'liveness', 'readiness'] as const) {
        const p = this.#probes[`${name}/${kind}`];
        if (!p?.failures || p.attempt !== view.run?.attempt) continue;
        this.#once(`${kind}/${name}`, `${p.attempt}/${p.failures}`, () => [unhealthyEvent(this.#pod, view, kind, p.message)]);
      }
    }
    const shared = this.#fact.problems[POD];
    if (shared) this.#once('problem', shared.count, () => problemEvents(this.#pod, undefined, shared));
  }
  #once(subject: string, what: string | number, drafts: () => EventDraft[]): void {
    if (this.#told[subject] === String(what)) return;
    this.#told[subject] = String(what);
    this.#events.push(...drafts());
  }
}

/** Containers whose termination message may come from their log. */
function logTailsOf(pod: Frozen<Pod>): string[] {
  return containersOf(pod).flatMap(({ spec }) => (spec.terminationMessagePolicy === 'FallbackToLogsOnError' ? [spec.name] : []));
}

/** A pull that failed is shown as such once, then as waiting for the next try. */
function imageBackOff(problem: Frozen<Problem>, view: ContainerView, shown: string | undefined): Waiting {
  const { reason, message } = problem;
  if (reason === 'ErrImagePull' && (shown === 'ErrImagePull' || shown === 'ImagePullBackOff')) {
    return { reason: 'ImagePullBackOff', message: `Back-off pulling image "${view.spec.image}": ErrImagePull: ${message}` };
  }
  return { reason, message };
}
