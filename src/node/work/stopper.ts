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
  readonly #hooked = new Set<string>();
  constructor(o: { runtime: PodRuntime; clock: Clock }) {
    this.#runtime = o.runtime;
    this.#clock = o.clock;
  }
  async stop(p: StopParams): Promise<void> {
    const run = latestRun(this.#runtime.facts().get(p.uid), p.container);
    if (run?.state !== 'running' || run.attempt !== p.attempt) return;
    const startMs = this.#clock.monotonicMs();
    const id = `${p.uid}/${p.container}/${p.attempt}`;
    let graceMs = p.graceMs;
    if (p.preStop && graceMs > 0 && !this.#hooked.has(id)) {
      this.#hooked.add(id);
      await runHandler(this.#runtime, this.#clock, p.preStop, { uid: p.uid, container: p.container, ports: p.ports }, graceMs);
      graceMs = Math.max(LEAST_GRACE_MS, graceMs - (this.#clock.monotonicMs() - startMs));
    }
    await this.#runtime.stopContainer(p.uid, p.container, graceMs, p.signal);
    this.#hooked.delete(id);
  }
}
