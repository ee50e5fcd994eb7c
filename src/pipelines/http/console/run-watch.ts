import type { Frozen, ModuleEnv } from '../../../kube/index.ts';
import type { RouteRequest } from '../../../net/index.ts';
import { isFinal, RUN_GVK, type Run } from '../../api/run.ts';
import type { RunView } from '../../api/view.ts';
import { runLogOf } from '../../effects/index.ts';
import { apiErrorOf } from '../errors.ts';
import { runById } from '../runs/writes.ts';

/** At most so often a view is made, however fast a run changes. */
const BETWEEN_VIEWS_MS = 50;

/**
 * A run's views as it changes: one at once, then one after each change of its nodes or its object, until it is final or
 * gone. Changes that come while a view is made or waits to be read are one.
 */
export async function* watchViews(
  env: ModuleEnv,
  r: RouteRequest,
  first: Frozen<Run>,
  viewOf: (r: RouteRequest, run: Frozen<Run>) => Promise<RunView>,
): AsyncGenerator<{ event: string; data: RunView }> {
  const runId = first.metadata.uid!;
  const ended = new AbortController();
  const signal = AbortSignal.any([r.signal, ended.signal]);
  const change = new Change(signal);
  const unsubscribe = runLogOf(env).subscribe(runId, () => change.happened());
  void watchObject(env, first, signal, change);
  try {
    let run = first;
    for (;;) {
      change.seen();
      const view = await viewOf(r, run);
      yield { event: 'view', data: view };
      if (isFinal(view.state) || !(await change.next())) return;
      await env.clock.sleep(BETWEEN_VIEWS_MS, signal);
      run = await runById(env, r, runId);
    }
  } catch (e) {
    // The caller has left, or the run was deleted: both are ends, not failures.
    if (!signal.aborted && apiErrorOf(e).code !== 5) throw e;
  } finally {
    unsubscribe();
    ended.abort(new Error('the watch has ended'));
  }
}

/** Only says that there is something new: what, the caller reads with his own rights. */
async function watchObject(env: ModuleEnv, run: Frozen<Run>, signal: AbortSignal, change: Change): Promise<void> {
  const { name, namespace, resourceVersion } = run.metadata;
  let from = resourceVersion!;
  while (!signal.aborted) {
    try {
      const o = { namespace: namespace!, fields: `metadata.name=${name}`, resourceVersion: from, signal };
      for await (const { type, object } of env.client.watch<Run>(RUN_GVK, o)) {
        from = object.metadata.resourceVersion ?? from;
        if (type !== 'BOOKMARK') change.happened();
      }
    } catch {
      if (signal.aborted) return;
      // Whatever was missed is in the next view; the version may be too old to go on from.
      change.happened();
      from = (
        await env.client.get<Run>({ apiVersion: run.apiVersion, kind: run.kind, namespace: namespace!, name }).catch(() => run)
      ).metadata.resourceVersion!;
    }
    await env.clock.sleep(BETWEEN_VIEWS_MS, signal).catch(() => undefined);
  }
}

/** A flag to wait for. */
class Change {
  readonly #signal: AbortSignal;
  #isNew = false;
  #wake = () => {};

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }
  happened(): void {
    this.#isNew = true;
    this.#wake();
  }
  seen(): void {
    this.#isNew = false;
  }
  /** Resolves true at the next change, at once when one has not been seen; false when aborted. */
  async next(): Promise<boolean> {
    if (!this.#isNew && !this.#signal.aborted)
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    return !this.#signal.aborted;
  }
}
