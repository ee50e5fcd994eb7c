import type { Write } from '../../kube/client.ts';
import type { ControllerDef, Effect, Plan } from '../../kube/controller.ts';
import { type Frozen, type Obj, type Ref, refOf } from '../../kube/index.ts';
import { GROUP } from '../../lib/index.ts';
import { isFinal, RUN_GVK, type Run, type RunStatus } from '../api/run.ts';
import type { AttemptOutcome } from '../engine/events.ts';
import type { RunState } from '../engine/state.ts';
import { type Action, type CacheHit, type PodFact, step } from '../engine/step.ts';
import { irDialect } from '../ir/dialect.ts';
import { runStatus } from '../projection/status.ts';
import type { AppendParams, LookupParams, ReleaseParams } from './commands.ts';
import { ATTEMPT_LABEL, NODE_ID_ANNOTATION, NODE_LABEL, OUTCOME_FINALIZER, podName, stageId } from './pod.ts';
import type { StepPod } from './pod-parts.ts';

/** Holds a deleted Run until its Pods are gone. */
export const RUN_FINALIZER = `${GROUP}/run`;
export const RUN_LOG = 'runlog';
/** What the source `runlog` says about a run. */
export type RunFact = { state: RunState; cache: Readonly<Record<string, CacheHit | null>> } | { error: string };
type Memo = { statusMs: number };
/** Settings of a namespace's runs. @source pipelines backend/src/v2/config/env.go@7b70c7b95f68 */
type LauncherConfig = Obj & { data?: { defaultPipelineRoot?: string } };
const launcherOf = (run: Frozen<Run>): Ref => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: run.metadata.namespace!,
  name: 'kfp-launcher',
});
const STATUS_EVERY_MS = 200;
/** Pods that have ended are let go some at a time: nobody waits for it, and together they share the disk. */
const RELEASE_AFTER_MS = 1_000;

/**
 * Drives a run: facts (its Pods, the log) in; events to append, Pods to start, outcomes to read and status out. The log
 * is appended and on disk before anything else of the same plan happens.
 */
export const runController: ControllerDef<Run, Memo> = {
  name: 'pipelines-run',
  for: RUN_GVK,
  owns: ['v1/Pod'],
  // Read too: a claim that exists already may be this run's own, made before a crash.
  reads: [{ gvk: 'v1/PersistentVolumeClaim' }, { gvk: 'v1/ConfigMap' }],
  writes: [
    { gvk: 'v1/PersistentVolumeClaim', verbs: ['create', 'delete'] },
    { gvk: 'v1/Pod', subresource: 'log', verbs: ['get'] },
  ],
  sources: [{ name: RUN_LOG }],
  finalizer: RUN_FINALIZER,
  plan({ object, owned, find, signal, memo }, now) {
    const pods = owned<StepPod>('v1/Pod').filter(p => p.metadata.finalizers?.includes(OUTCOME_FINALIZER));
    if (object.metadata.deletionTimestamp) return planDeleted(object, pods);
    const { status, spec } = object;
    const wantsRetry = (spec?.retryGeneration ?? 0) > (status?.retryGeneration ?? 0);
    if (isFinal(status?.state) && !wantsRetry) {
      const { due, requeueAt } = releasable(pods, now);
      return { effects: due.map(p => release(object, p)), ...(requeueAt ? { requeueAt } : {}) };
    }
    const needs = [{ source: RUN_LOG, key: object.metadata.uid!, params: object }];
    const fact = signal<RunFact>(RUN_LOG) as RunFact | undefined;
    if (!fact) return { needs };
    if ('error' in fact) return { needs, writes: stopping(pods), status: unreadable(status, fact.error, now) };
    const launcher = find<LauncherConfig>('v1/ConfigMap', launcherOf(object))[0];
    return { ...planRun(object, pods, fact, launcher?.data?.defaultPipelineRoot, memo, now), needs };
  },
};

function planRun(
  object: Frozen<Run>,
  pods: readonly Frozen<StepPod>[],
  fact: Exclude<RunFact, { error: string }>,
  artifactRoot: string | undefined,
  memo: Memo | undefined,
  now: Date,
): Plan<Memo> {
  const byName = new Map(pods.map(p => [p.metadata.name, p]));
  const next = step(
    fact.state,
    {
      pods: pods.map(podFact),
      cache: fact.cache,
      terminate: object.spec?.terminate === true,
      retryGeneration: object.spec?.retryGeneration ?? 0,
      ...(artifactRoot ? { artifactRoot } : {}),
    },
    now,
    irDialect,
    podName,
  );
  const runUid = object.metadata.uid!;
  const effects: Effect[] = [];
  const writes: Write[] = [];
  if (next.events.length > 0) {
    // That a Pod was seen running may wait for the next event that matters.
    const lazy = next.events.every(e => e.type === 'attempt.started');
    const params: AppendParams = { runUid, events: next.events, lazy };
    effects.push({ name: 'log.append', id: `${runUid}/${fact.state.sequence}`, params });
  }
  const { due, requeueAt: releaseAt } = releasable(pods, now);
  const isDue = new Set(due.map(p => p.metadata.name));
  for (const action of next.actions) {
    if (action.do === 'release' && !isDue.has(action.pod.name)) continue;
    if (action.do === 'kill') {
      const pod = byName.get(action.pod.name)!;
      if (!pod.metadata.deletionTimestamp) writes.push({ verb: 'delete', ref: refOf(pod), uid: pod.metadata.uid! });
    } else effects.push(effectOf(action, next.state, object, byName));
  }
  return { effects, writes, ...statusPart(object, runStatus(next.state), memo, now, earlier(next.wakeAt, releaseAt)) };
}

function effectOf(
  action: Exclude<Action, { do: 'kill' }>,
  state: RunState,
  run: Frozen<Run>,
  pods: ReadonlyMap<string, Frozen<StepPod>>,
): Effect {
  const { uid } = state.run;
  const attemptEffect = (
    name: string,
    of: { node: number; attempt: number },
    more: { outcome?: AttemptOutcome } = {},
  ): Effect => {
    const { node, attempt } = of;
    return { name, id: `${uid}/${node}/${attempt}`, params: { runUid: uid, node, attempt, ...more } };
  };
  switch (action.do) {
    case 'start':
      return attemptEffect('attempt.start', action);
    case 'collect':
      return attemptEffect('outputs.collect', action.pod, { outcome: outcomeOf(pods.get(action.pod.name)!) });
    case 'release':
      return release(run, pods.get(action.pod.name)!);
    case 'import':
      return attemptEffect('artifact.import', action);
    case 'k8s':
      return attemptEffect('object.write', action);
    case 'lookup': {
      const params: LookupParams = {
        runUid: uid,
        namespace: state.run.namespace,
        pipeline: state.graph.name,
        fingerprints: action.fingerprints,
      };
      return { name: 'cache.lookup', id: `${uid}/${action.fingerprints.join()}`, params };
    }
  }
}

/** Of Pods that have ended, those to be let go now, and when the next one is. One that is being deleted does not wait. */
export function releasable(pods: readonly Frozen<StepPod>[], now: Date): { due: Frozen<StepPod>[]; requeueAt?: Date } {
  const nowMs = now.getTime();
  const due: Frozen<StepPod>[] = [];
  let nextMs = Number.POSITIVE_INFINITY;
  for (const pod of pods) {
    const finishedAt = pod.status?.containerStatuses?.find(c => c.name === 'main')?.state?.terminated?.finishedAt;
    const atMs = finishedAt && !pod.metadata.deletionTimestamp ? Date.parse(finishedAt) + RELEASE_AFTER_MS : nowMs;
    if (atMs <= nowMs) due.push(pod);
    else nextMs = Math.min(nextMs, atMs);
  }
  return { due, ...(nextMs < Number.POSITIVE_INFINITY ? { requeueAt: new Date(nextMs) } : {}) };
}
function earlier(a: Date | undefined, b: Date | undefined): Date | undefined {
  return a && b ? (a < b ? a : b) : (a ?? b);
}
function release(run: Frozen<Run>, pod: Frozen<StepPod>): Effect {
  const { name, namespace, uid, finalizers, labels, annotations } = pod.metadata;
  const attempt = Number(labels?.[ATTEMPT_LABEL]);
  // A run that is going takes its logs with it.
  const keep = run.metadata.deletionTimestamp ? {} : { log: { node: annotations?.[NODE_ID_ANNOTATION] ?? '', attempt } };
  const params: ReleaseParams = {
    runUid: run.metadata.uid!,
    namespace: namespace!,
    pod: name,
    podUid: uid!,
    finalizers: (finalizers ?? []).filter(f => f !== OUTCOME_FINALIZER),
    stage: stageId(run.metadata.uid!, Number(labels?.[NODE_LABEL]), attempt),
    ...keep,
  };
  return { name: 'pod.release', id: uid!, params };
}

/** A status that says something new goes at once; mere progress goes a few times a second. */
function statusPart(
  object: Frozen<Run>,
  status: RunStatus,
  memo: Memo | undefined,
  now: Date,
  wakeAt: Date | undefined,
): Plan<Memo> {
  const before = object.status;
  const isNew = before?.state !== status.state || before?.retryGeneration !== status.retryGeneration;
  const dueMs = (memo?.statusMs ?? 0) + STATUS_EVERY_MS;
  const wake = wakeAt ? { requeueAt: wakeAt } : {};
  if (before?.sequence === status.sequence && !isNew) return wake;
  if (!isNew && now.getTime() < dueMs) return { requeueAt: wakeAt && wakeAt.getTime() < dueMs ? wakeAt : new Date(dueMs) };
  return { status, memo: { statusMs: now.getTime() }, ...wake };
}

/** A run whose pipeline cannot be read has failed before it began. */
function unreadable(before: Frozen<RunStatus> | undefined, message: string, now: Date): RunStatus {
  const at = now.toISOString();
  const error = { code: 3, message };
  const history = (before?.stateHistory ?? []) as NonNullable<RunStatus['stateHistory']>;
  return {
    state: 'FAILED',
    startedAt: at,
    finishedAt: at,
    error,
    stateHistory: [...history, { updateTime: at, state: 'FAILED', error }],
  };
}

/** Deleting a run means terminating it: its Pods go first, then what the ledger holds of it, then the object. */
function planDeleted(object: Frozen<Run>, pods: readonly Frozen<StepPod>[]): Plan<Memo> {
  if (!object.metadata.finalizers?.includes(RUN_FINALIZER)) return {};
  const effects = pods.filter(p => isTerminal(podFact(p))).map(p => release(object, p));
  if (pods.length > 0) return { writes: stopping(pods), effects };
  const finalizers = object.metadata.finalizers.filter(f => f !== RUN_FINALIZER);
  const drop: Write = { verb: 'patch', ref: refOf(object), type: 'merge', patch: { metadata: { finalizers } } };
  return { effects: [{ name: 'log.drop', id: object.metadata.uid!, params: { runUid: object.metadata.uid! } }], writes: [drop] };
}

/** Deletes what still runs. */
function stopping(pods: readonly Frozen<StepPod>[]): Write[] {
  return pods
    .filter(p => !isTerminal(podFact(p)) && !p.metadata.deletionTimestamp)
    .map(p => ({ verb: 'delete', ref: refOf(p), uid: p.metadata.uid! }));
}
const isTerminal = (pod: PodFact) => pod.phase === 'succeeded' || pod.phase === 'failed';
const PHASES: Record<string, PodFact['phase']> = { Running: 'running', Succeeded: 'succeeded', Failed: 'failed' };
/** What the engine knows of a Pod. */
export function podFact(pod: Frozen<StepPod>): PodFact {
  const { name, labels, annotations } = pod.metadata;
  return {
    name,
    id: annotations?.[NODE_ID_ANNOTATION] ?? '',
    node: Number(labels?.[NODE_LABEL] ?? -1),
    attempt: Number(labels?.[ATTEMPT_LABEL] ?? -1),
    phase: PHASES[pod.status?.phase ?? ''] ?? (neverWillRun(pod) ? 'failed' : 'pending'),
  };
}
/** Deleted with nothing left to wait for before any of its containers ran: only our own finalizer keeps the object. */
function neverWillRun(pod: Frozen<StepPod>): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  return deletionTimestamp !== undefined && (deletionGracePeriodSeconds ?? 0) === 0;
}

/** How a Pod ended, in words for people. */
export function outcomeOf(pod: Frozen<StepPod>): AttemptOutcome {
  const { status } = pod;
  const main = status?.containerStatuses?.find(c => c.name === 'main')?.state?.terminated;
  const times = {
    ...(main?.startedAt || status?.startTime ? { startedAt: main?.startedAt ?? status!.startTime! } : {}),
    ...(main?.finishedAt ? { finishedAt: main.finishedAt } : {}),
  };
  const exitCode = main ? { exitCode: main.exitCode } : {};
  if (status?.phase === 'Succeeded') return { outcome: 'succeeded', ...exitCode, ...times };
  return { outcome: 'failed', message: failureOf(status, main), ...exitCode, ...times };
}
function failureOf(
  status: Frozen<StepPod>['status'],
  main: { exitCode: number; reason?: string; message?: string } | undefined,
): string {
  if (status?.message || (status?.reason && !main)) return [status.reason, status.message].filter(Boolean).join(': ');
  if (!main) return 'the Pod failed before its container started';
  const said = main.message?.trim();
  const code =
    main.reason && main.reason !== 'Error' ? `${main.reason} (exit code ${main.exitCode})` : `exit code ${main.exitCode}`;
  return said ? `${code}: ${said}` : code;
}
