import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Statement } from '../../data/types.ts';
import { type Client, type Frozen, isReason, type ModuleEnv, type Obj, type Performer, StatusError } from '../../kube/index.ts';
import type { Recorder } from '../../metadata/index.ts';
import {
  type AppendParams,
  type AttemptKey,
  type CollectParams,
  importOf,
  type LookupParams,
  objectOf,
  type ReleaseParams,
  type Stage,
  startOf,
} from '../controller/commands.ts';
import { NODE_ID_ANNOTATION, OUTCOME_FINALIZER, stageId } from '../controller/pod.ts';
import type { StepPod } from '../controller/pod-parts.ts';
import { at } from '../engine/chunks.ts';
import type { AttemptOutcome } from '../engine/events.ts';
import { apply } from '../engine/fold.ts';
import { type Instance, nodeOf, type RunState } from '../engine/state.ts';
import { noValues, type Values } from '../engine/values.ts';
import { PipelineError } from '../errors.ts';
import { executorInput } from '../ir/executor-input.ts';
import { cachedOutputs, lookup, remember } from './cache.ts';
import { recordNode } from './lineage.ts';
import { readOutputs } from './outputs.ts';
import type { RunLog } from './run-log.ts';
import { logKey, StepLogs } from './step-log.ts';

/** Carries out what plans of runs ask for. Each effect may be asked for again until the log says it is done. */
export class Effects {
  readonly #env: ModuleEnv;
  readonly #log: RunLog;
  readonly #recorder: Recorder;
  readonly #stepLogs: StepLogs;

  constructor(env: ModuleEnv, log: RunLog, recorder: Recorder) {
    this.#stepLogs = new StepLogs(env.blobs);
    this.#env = env;
    this.#log = log;
    this.#recorder = recorder;
  }

  performers(): Performer[] {
    const beside = <P>(name: string, perform: (params: P, client: Client, signal: AbortSignal) => Promise<void>): Performer => ({
      name,
      order: 'afterWrites',
      perform: (params, { client, signal }) => perform(params as P, client, signal),
    });
    return [
      { name: 'log.append', order: 'beforeWrites', perform: params => this.#append(params as AppendParams) },
      { name: 'log.drop', order: 'beforeWrites', perform: params => this.#drop(params as { runUid: string }) },
      beside<AttemptKey>('attempt.start', (p, client) => this.#start(p, client)),
      beside<CollectParams>('outputs.collect', p => this.#collect(p)),
      beside<ReleaseParams>('pod.release', (p, client, signal) => this.#release(p, client, signal)),
      beside<AttemptKey>('artifact.import', p => this.#import(p)),
      beside<AttemptKey>('object.write', (p, client) => this.#writeObject(p, client)),
      beside<LookupParams>('cache.lookup', async p => this.#log.answer(p.runUid, await lookup(this.#env.ledger, p))),
    ];
  }

  async #append({ runUid, events, lazy }: AppendParams): Promise<void> {
    if (lazy) {
      this.#log.appendLazily(runUid, events);
      return;
    }
    const statements: Statement[] = [];
    const before = this.#log.state(runUid);
    // A node may come to be in the same batch that finds it cached: another task had asked for the same fingerprint.
    const state = before && events.some(e => e.type === 'node.cached') ? apply(before, events) : before;
    for (const event of events) {
      if (event.type !== 'node.cached' || !state) continue;
      const instance = at(state.nodes, event.node)!;
      const o = { type: CONTAINER, state: 'CACHED', outputs: event.outputs, inputs: event.inputs, reused: true } as const;
      statements.push(...(await recordNode(this.#recorder, state, instance, o, this.#env.clock.now())).statements);
    }
    await this.#log.append(runUid, events, statements);
  }

  /** Stage first, then the Pod: it finds its inputs when it starts. An attempt that the API refuses has failed. */
  async #start(p: AttemptKey, client: Client): Promise<void> {
    const found = this.#live(p);
    if (!found) return;
    const { pod, stage, claim } = startOf(found.state, found.instance, p.attempt);
    const what = `start ${p.node}/${p.attempt}`;
    if (!this.#log.once(p.runUid, what)) {
      await this.#checkStarted(p, what, pod, client);
      return;
    }
    try {
      await this.#prepare(stage);
      if (claim) await createOwned(client, claim, p.runUid);
      const there = await createOwned(client, pod, p.runUid);
      if (there && !isUnread(there, pod)) await this.#finish(p, { outcome: 'failed', message: logIsOlder(pod.metadata.name) });
    } catch (error) {
      if (!isRefusal(error)) {
        this.#log.undo(p.runUid, what);
        throw error;
      }
      await this.#finish(p, { outcome: 'failed', message: `the Pod was refused: ${error.message}` });
    }
  }
  /** The caches show a new Pod within moments. One that they never show was removed by force before it was seen. */
  async #checkStarted(p: AttemptKey, what: string, { metadata: { name, namespace } }: StepPod, client: Client): Promise<void> {
    if (this.#log.ageMs(p.runUid, what) < UNSEEN_MS) return;
    const missing = await client.get({ apiVersion: 'v1', kind: 'Pod', name, namespace: namespace! }).then(() => false, isGone);
    if (missing)
      await this.#finish(p, { outcome: 'failed', message: `NodeLost: Pod ${name} is gone and its outcome is unknown` });
  }
  async #prepare(stage: Stage): Promise<void> {
    const root = await this.#env.blobs.stage(stage.id);
    const made = new Set<string>();
    for (const folder of stage.folders) openFolder(root, folder, made);
    for (const { bucket, key, to } of stage.copies) {
      openFolder(root, to.slice(0, to.lastIndexOf('/')), made);
      const single = await this.#env.blobs.stat(bucket, key);
      if (single) await this.#env.blobs.copyTo(single.sha256, join(root, to));
      else
        for (const file of await this.#env.blobs.listKeys(bucket, `${key}/`))
          await this.#env.blobs.copyTo(file.sha256, join(root, to, file.key.slice(key.length + 1)));
    }
  }

  async #collect(p: CollectParams): Promise<void> {
    const found = this.#live(p);
    if (!found) return;
    const { state, instance } = found;
    const { outcome, outputs } = await this.#outcome(p, state, instance);
    const ok = outcome.outcome === 'succeeded';
    const now = this.#env.clock.now();
    const record = { type: CONTAINER, state: ok ? 'COMPLETE' : 'FAILED', outputs } as const;
    const node = await recordNode(this.#recorder, state, instance, record, now);
    const statements = [...node.statements, ...(ok ? remember(state, instance, node.outputs, now) : [])];
    await this.#finish(p, { ...outcome, executionId: node.executionId, ...(ok ? { outputs: node.outputs } : {}) }, statements);
  }
  /** A step that ended well but did not write what it promised has failed. */
  async #outcome(p: CollectParams, state: RunState, instance: Instance): Promise<{ outcome: AttemptOutcome; outputs: Values }> {
    if (p.outcome.outcome !== 'succeeded') return { outcome: p.outcome, outputs: noValues };
    const node = nodeOf(state.graph, instance)!;
    const { blobs } = this.#env;
    try {
      const stage = await blobs.stage(stageId(p.runUid, p.node, p.attempt));
      const outputs = await readOutputs(stage, executorInput(state, instance, node, p.attempt), node.outputs, blobs);
      return { outcome: p.outcome, outputs };
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      return { outcome: { ...p.outcome, outcome: 'failed', message: error.message }, outputs: noValues };
    }
  }

  async #import(p: AttemptKey): Promise<void> {
    const found = this.#live(p);
    if (!found) return;
    const { state, instance } = found;
    const { artifact, output, fingerprint } = importOf(state, instance, p.attempt);
    const known = fingerprint ? await cachedOutputs(this.#env.ledger, state, fingerprint) : undefined;
    const outputs: Values = known ?? { parameters: {}, artifacts: { [output]: [artifact] } };
    const now = this.#env.clock.now();
    const record = { type: IMPORTER, state: 'COMPLETE', outputs, reused: known !== undefined } as const;
    const node = await recordNode(this.#recorder, state, instance, record, now);
    const kept = fingerprint && !known ? remember(state, { ...instance, fingerprint }, node.outputs, now) : [];
    const outcome = { outcome: 'succeeded', executionId: node.executionId, outputs: node.outputs } as const;
    await this.#finish(p, outcome, [...node.statements, ...kept]);
  }

  async #writeObject(p: AttemptKey, client: Client): Promise<void> {
    const found = this.#live(p);
    if (!found) return;
    const wanted = objectOf(found.state, found.instance);
    try {
      if ('create' in wanted) await createMarked(client, wanted.create);
      else {
        const ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...wanted.remove };
        await client.write({ verb: 'delete', ref }).catch(ignoring('NotFound'));
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#finish(p, { outcome: 'failed', message: error.message });
      return;
    }
    const parameters: Values['parameters'] = 'create' in wanted ? { name: wanted.create.metadata.name } : {};
    await this.#finish(p, { outcome: 'succeeded', outputs: { parameters, artifacts: {} } });
  }

  async #drop({ runUid }: { runUid: string }): Promise<void> {
    await this.#stepLogs.drop(runUid);
    await this.#log.remove(runUid);
  }
  /** The finalizer goes last: until then the Pod, and with it its log, is there, and all of this is done again after a crash. */
  async #release(p: ReleaseParams, client: Client, signal: AbortSignal): Promise<void> {
    const what = `release ${p.podUid}`;
    if (!this.#log.once(p.runUid, what)) return;
    try {
      const ref = { apiVersion: 'v1', kind: 'Pod', namespace: p.namespace, name: p.pod };
      if (p.log) await this.#stepLogs.keep(ref, logKey(p.runUid, p.log.node, p.log.attempt), client, signal);
      await this.#log.onDisk(p.runUid);
      await this.#env.blobs.dropStage(p.stage);
      const patch = { metadata: { uid: p.podUid, finalizers: p.finalizers } };
      await client.write({ verb: 'patch', ref, type: 'merge', patch }).catch(ignoring('NotFound'));
    } catch (error) {
      this.#log.undo(p.runUid, what);
      throw error;
    }
  }

  #live(p: AttemptKey): { state: RunState; instance: Instance } | undefined {
    const state = this.#log.state(p.runUid);
    if (!state || !this.#log.isLive(p.runUid, p.node, p.attempt)) return undefined;
    return { state, instance: at(state.nodes, p.node)! };
  }
  async #finish(
    { runUid, node, attempt }: AttemptKey,
    outcome: AttemptOutcome,
    statements: readonly Statement[] = [],
  ): Promise<void> {
    const now = this.#env.clock.now().toISOString();
    await this.#log.append(runUid, [{ type: 'attempt.finished', at: now, node, attempt, ...outcome }], statements);
  }
}
/** Longer than any cache lags behind. */
const UNSEEN_MS = 5_000;
const CONTAINER = 'system.ContainerExecution';
const IMPORTER = 'system.ImporterExecution';

/** A folder below a stage that any user of the Pod may write in. */
function openFolder(root: string, below: string, known: Set<string>): void {
  let path = root;
  for (const part of below.split('/')) {
    path = join(path, part);
    if (known.has(path)) continue;
    known.add(path);
    try {
      mkdirSync(path);
      chmodSync(path, 0o777);
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e;
    }
  }
}

/** Whether a Pod is that of the attempt it was found for, and nobody has taken its outcome yet. */
function isUnread({ metadata: { finalizers, annotations } }: Frozen<Obj>, wanted: StepPod): boolean {
  const sameNode = annotations?.[NODE_ID_ANNOTATION] === wanted.metadata.annotations![NODE_ID_ANNOTATION];
  return sameNode && finalizers?.includes(OUTCOME_FINALIZER) === true;
}
const logIsOlder = (pod: string) =>
  `the log of this run is older than its Pods (was it restored?): Pod ${pod} is there already, and how it ended is not known`;

/** Creates an object of a run; one of that name which belongs to the run is the same, and given back. */
async function createOwned(client: Client, object: Obj, runUid: string): Promise<Frozen<Obj> | undefined> {
  return createUnless(client, object, there => there.metadata.ownerReferences?.some(o => o.uid === runUid) === true);
}
/** As `createOwned`, for objects that outlive the run and bear its label. */
async function createMarked(client: Client, object: Obj): Promise<void> {
  const mark = object.metadata.labels?.['pipeline/runid'];
  await createUnless(client, object, there => there.metadata.labels?.['pipeline/runid'] === mark);
}
async function createUnless(
  client: Client,
  object: Obj,
  isOurs: (there: Frozen<Obj>) => boolean,
): Promise<Frozen<Obj> | undefined> {
  try {
    await client.write({ verb: 'create', object });
    return undefined;
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    const { namespace, name } = object.metadata;
    const there = await client.get({
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      ...(namespace ? { namespace } : {}),
    });
    if (!isOurs(there)) throw error;
    return there;
  }
}

/** An answer that asking again will not change. A full quota may change. */
function isRefusal(error: unknown): error is StatusError {
  if (!(error instanceof StatusError)) return false;
  if (error.code === 403) return !error.message.includes('exceeded quota');
  return [400, 404, 405, 409, 413, 422].includes(error.code);
}
function isGone(error: unknown): boolean {
  if (isReason(error, 'NotFound')) return true;
  throw error;
}
function ignoring(reason: string): (error: unknown) => void {
  return error => {
    if (!isReason(error, reason)) throw error;
  };
}
