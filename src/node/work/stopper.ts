import type { Clock } from '../../lib/index.ts';
import { latestRun, type StopParams } from '../agent/fact.ts';
import type { PodRuntime } from '../runtime.ts';
import { runHandler } from './handler.ts';

/** A container gets at least this long after its preStop hook. @source kubernetes pkg/kubelet minimumGracePeriodInSeconds (from knowledge) */
const LEAST_GRACE_MS = 2_000;

/** Performs `container.stop`: the preStop hook within the grace period, then the signal, then SIGKILL. */
export class Stopper {
  readonly #runtime: PodRuntime;
  readonly #clock: Clock;
  /** The shortest grace asked for, by `uid`, then `container/attempt`: what was told is not told again. */
  readonly #asked = new Map<string, Map<string, number>>();
  constructor(o: { runtime: PodRuntime; clock: Clock }) {
    this.#runtime = o.runtime;
    this.#clock = o.clock;
  }
  async stop(p: StopParams): Promise<void> {
    const run = latestRun(this.#runtime.fact(p.uid), p.container);
    if (run?.state !== 'running' || run.attempt !== p.attempt) return;
    const asked = this.#asked.get(p.uid) ?? new Map<string, number>();
    this.#asked.set(p.uid, asked);
    const id = `${p.container}/${p.attempt}`;
    const before = asked.get(id);
    if (before !== undefined && before <= p.graceMs) return;
    asked.set(id, p.graceMs);
    const startMs = this.#clock.monotonicMs();
    let graceMs = p.graceMs;
    if (p.preStop && graceMs > 0 && before === undefined) {
      await runHandler(this.#runtime, this.#clock, p.preStop, { uid: p.uid, container: p.container, ports: p.ports }, graceMs);
      graceMs = Math.max(LEAST_GRACE_MS, graceMs - (this.#clock.monotonicMs() - startMs));
    }
    await this.#runtime.stopContainer(p.uid, p.container, graceMs, p.signal);
  }
  forget(uid: string): void {
    this.#asked.delete(uid);
  }
}
