import { type Frozen, jsonEqual, type Source } from '../../kube/index.ts';
import type { Clock } from '../../lib/index.ts';
import type { ProbeFacts } from '../agent/container-view.ts';
import { type ProbeFact, type ProbeWant, SOURCE } from '../agent/fact.ts';
import type { PodRuntime } from '../runtime.ts';
import { type Outcome, runHandler } from './handler.ts';

type Running = { want: ProbeWant; stop(): void };
type Pulse = { fact: ProbeFact; successes: number; failures: number };
const EAGER_FIRST_MS = 50;

/**
 * Source `probes`: the verdicts on a Pod's containers, keyed by the Pod's uid. Until its first success a network probe is
 * also tried between its periods, so that a Pod is ready when it answers; those tries count as no failure.
 */
export class Prober implements Source<ProbeFacts> {
  readonly name = SOURCE.probes;
  readonly #runtime: PodRuntime;
  readonly #clock: Clock;
  readonly #running = new Map<string, Map<string, Running>>();
  readonly #facts = new Map<string, ProbeFacts>();
  #changed: (uid: string) => void = () => {};

  constructor(o: { runtime: PodRuntime; clock: Clock }) {
    this.#runtime = o.runtime;
    this.#clock = o.clock;
  }
  async start(o: { changed(key: string): void; signal: AbortSignal }): Promise<void> {
    this.#changed = o.changed;
    o.signal.addEventListener('abort', () => this.close(), { once: true });
  }
  get(uid: string): Frozen<ProbeFacts> | undefined {
    return this.#facts.get(uid) as Frozen<ProbeFacts> | undefined;
  }
  want(uid: string, params: unknown): void {
    const wants = params as Record<string, ProbeWant>;
    const running = this.#running.get(uid) ?? new Map<string, Running>();
    this.#running.set(uid, running);
    for (const [slot, probe] of running) {
      if (jsonEqual(probe.want, wants[slot])) continue;
      probe.stop();
      running.delete(slot);
    }
    for (const [slot, want] of Object.entries(wants)) if (!running.has(slot)) running.set(slot, this.#run(uid, slot, want));
  }
  drop(uid: string): void {
    for (const probe of this.#running.get(uid)?.values() ?? []) probe.stop();
    this.#running.delete(uid);
    this.#facts.delete(uid);
  }
  close(): void {
    for (const uid of [...this.#running.keys()]) this.drop(uid);
  }

  #run(uid: string, slot: string, want: ProbeWant): Running {
    const { probe } = want;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const pulse: Pulse = { fact: { attempt: want.attempt, failures: 0, message: '' }, successes: 0, failures: 0 };
    const eager = !slot.endsWith('/liveness') && (probe.httpGet !== undefined || probe.tcpSocket !== undefined);
    let stopped = false;
    let cancel = () => {};
    let nextTickMs = this.#clock.monotonicMs() + (probe.initialDelaySeconds ?? 0) * 1000;
    let eagerMs = EAGER_FIRST_MS;
    const beat = async () => {
      const onTick = this.#clock.monotonicMs() >= nextTickMs;
      if (onTick) nextTickMs += periodMs;
      const outcome = await runHandler(this.#runtime, this.#clock, probe, want, (probe.timeoutSeconds ?? 1) * 1000);
      if (stopped) return;
      if (onTick || outcome.ok) this.#count(uid, slot, want, pulse, outcome);
      const untilTickMs = Math.max(1, nextTickMs - this.#clock.monotonicMs());
      const waitMs = eager && pulse.fact.ok === undefined ? Math.min(eagerMs, untilTickMs) : untilTickMs;
      eagerMs *= 1.5;
      cancel = this.#clock.after(waitMs, () => void beat());
    };
    cancel = this.#clock.after(Math.max(0, nextTickMs - this.#clock.monotonicMs()), () => void beat());
    return {
      want,
      stop() {
        stopped = true;
        cancel();
      },
    };
  }

  #count(uid: string, slot: string, { probe }: ProbeWant, pulse: Pulse, { ok, message }: Outcome): void {
    const before = pulse.fact;
    pulse.successes = ok ? pulse.successes + 1 : 0;
    pulse.failures = ok ? 0 : pulse.failures + 1;
    let verdict = before.ok;
    if (pulse.successes >= (probe.successThreshold ?? 1)) verdict = true;
    if (pulse.failures >= (probe.failureThreshold ?? 3)) verdict = false;
    const failures = before.failures + (ok ? 0 : 1);
    if (verdict === before.ok && failures === before.failures) return;
    pulse.fact = {
      attempt: before.attempt,
      failures,
      message: ok ? before.message : message,
      ...(verdict === undefined ? {} : { ok: verdict }),
    };
    this.#facts.set(uid, { ...this.#facts.get(uid), [slot]: pulse.fact });
    this.#changed(uid);
  }
}
