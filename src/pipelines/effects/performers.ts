import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Statement } from '../../data/types.ts';
import { type Client, isReason, type ModuleEnv, type Performer, StatusError } from '../../kube/index.ts';
import type { Recorder } from '../../metadata/index.ts';
import type {
  AppendParams,
  AttemptKey,
  CollectParams,
  ImportParams,
  LookupParams,
  ObjectParams,
  ReleaseParams,
  Stage,
  StartParams,
} from '../controller/commands.ts';
import { at } from '../engine/chunks.ts';
import type { AttemptOutcome } from '../engine/events.ts';
import type { Instance, RunState } from '../engine/state.ts';
import type { Values } from '../engine/values.ts';
import { PipelineError } from '../errors.ts';
import { cachedOutputs, lookup, remember } from './cache.ts';
import { recordNode } from './lineage.ts';
import { readOutputs } from './outputs.ts';
import type { RunLog } from './run-log.ts';

/** Carries out what plans of runs ask for. Each effect may be asked for again until the log says it is done. */
export class Effects {
  readonly #env: ModuleEnv;
  readonly #log: RunLog;
  readonly #recorder: Recorder;

  constructor(env: ModuleEnv, log: RunLog, recorder: Recorder) {
    this.#env = env;
    this.#log = log;
    this.#recorder = recorder;
  }

  performers(): Performer[] {
    const beside = <P>(name: string, perform: (params: P, client: Client) => Promise<void>): Performer => ({
      name,
      order: 'afterWrites',
      perform: (params, { client }) => perform(params as P, client),
    });
    return [
      { name: 'log.append', order: 'beforeWrites', perform: params => this.#append(params as AppendParams) },
      { name: 'log.drop', order: 'beforeWrites', perform: params => this.#log.remove((params as { runUid: string }).runUid) },
      beside<StartParams>('attempt.start', (p, client) => this.#start(p, client)),
      beside<CollectParams>('outputs.collect', p => this.#collect(p)),
      beside<ReleaseParams>('pod.release', (p, client) => this.#release(p, client)),
      beside<ImportParams>('artifact.import', p => this.#import(p)),
      beside<ObjectParams>('object.write', (p, client) => this.#writeObject(p, client)),
      beside<LookupParams>('cache.lookup', async p => this.#log.answer(p.runUid, await lookup(this.#env.ledger, p))),
    ];
  }

  async #append({ runUid, events, lazy }: AppendParams): Promise<void> {
    if (lazy) {
      this.#log.appendLazily(runUid, events);
      return;
    }
    const statements: Statement[] = [];
    const state = this.#log.state(runUid);
    for (const event of events) {
      if (event.type !== 'node.cached' || !state) continue;
      // The instance may be made by an event before this one; its address is all that metadata needs.
      const instance = at(state.nodes, event.node);
      if (!instance) continue;
      const o = { type: CONTAINER, state: 'CACHED', outputs: event.outputs, inputs: event.inputs, reused: true } as const;
      statements.push(...(await recordNode(this.#recorder, state, instance, o, this.#env.clock.now())).statements);
    }
    await this.#log.append(runUid, events, statements);
  }

  /** Stage first, then the Pod: it finds its inputs when it starts. An attempt that the API refuses has failed. */
  async #start(p: StartParams, client: Client): Promise<void> {
    const what = `start ${p.node}/${p.attempt}`;
    if (!this.#log.isLive(p.runUid, p.node, p.attempt) || !this.#log.once(p.runUid, what)) return;
    try {
      await this.#prepare(p.stage);
      if (p.claim) await createOwned(client, p.claim, p.runUid);
      await createOwned(client, p.pod, p.runUid);
    } catch (error) {
      if (!isRefusal(error)) {
        this.#log.undo(p.runUid, what);
        throw error;
      }
      await this.#finish(p, { outcome: 'failed', message: `the Pod was refused: ${error.message}` });
    }
  }
  async #prepare(stage: Stage): Promise<void> {
    const root = await this.#env.blobs.stage(stage.id);
    for (const folder of stage.folders) await openFolder(root, folder);
    for (const { bucket, key, to } of stage.copies) {
      await openFolder(root, to.slice(0, to.lastIndexOf('/')));
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
    let outcome = p.outcome;
    let outputs: Values = { parameters: {}, artifacts: {} };
    if (outcome.outcome === 'succeeded') {
      try {
        outputs = await readOutputs(await this.#env.blobs.stage(p.stage), p.input, p.outputs, this.#env.blobs);
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error;
        outcome = { ...outcome, outcome: 'failed', message: error.message };
      }
    }
    const ok = outcome.outcome === 'succeeded';
    const now = this.#env.clock.now();
    const node = await recordNode(
      this.#recorder,
      state,
      instance,
      { type: CONTAINER, state: ok ? 'COMPLETE' : 'FAILED', outputs },
      now,
    );
    const statements = [...node.statements, ...(ok ? remember(state, instance, node.outputs, now) : [])];
    await this.#finish(p, { ...outcome, executionId: node.executionId, ...(ok ? { outputs: node.outputs } : {}) }, statements);
  }

  async #import(p: ImportParams): Promise<void> {
    const found = this.#live(p);
    if (!found) return;
    const { state, instance } = found;
    const known = p.fingerprint ? await cachedOutputs(this.#env.ledger, state, p.fingerprint) : undefined;
    const artifact = { name: p.output, type: p.artifactType, uri: p.uri, metadata: p.metadata };
    const outputs: Values = known ?? { parameters: {}, artifacts: { [p.output]: [artifact] } };
    const now = this.#env.clock.now();
    const o = { type: IMPORTER, state: 'COMPLETE', outputs, reused: known !== undefined } as const;
    const node = await recordNode(this.#recorder, state, instance, o, now);
    const statements = [
      ...node.statements,
      ...(p.fingerprint && !known ? remember(state, { ...instance, fingerprint: p.fingerprint }, node.outputs, now) : []),
    ];
    await this.#finish(p, { outcome: 'succeeded', executionId: node.executionId, outputs: node.outputs }, statements);
  }

  async #writeObject(p: ObjectParams, client: Client): Promise<void> {
    const found = this.#live(p);
    if (!found) return;
    try {
      if ('create' in p) {
        await createMarked(client, p.create);
        const outputs: Values = { parameters: { name: p.create.metadata.name }, artifacts: {} };
        await this.#finish(p, { outcome: 'succeeded', outputs });
      } else {
        const ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...p.remove };
        await client.write({ verb: 'delete', ref }).catch(ignoring('NotFound'));
        await this.#finish(p, { outcome: 'succeeded', outputs: { parameters: {}, artifacts: {} } });
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#finish(p, { outcome: 'failed', message: error.message });
    }
  }

  async #release(p: ReleaseParams, client: Client): Promise<void> {
    const what = `release ${p.podUid}`;
    if (!this.#log.once(p.runUid, what)) return;
    try {
      if (p.stage) await this.#env.blobs.dropStage(p.stage);
      const ref = { apiVersion: 'v1', kind: 'Pod', namespace: p.namespace, name: p.pod };
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
const CONTAINER = 'system.ContainerExecution';
const IMPORTER = 'system.ImporterExecution';

/** A folder below a stage that any user of the Pod may write in. */
async function openFolder(root: string, below: string): Promise<void> {
  let path = root;
  for (const part of below.split('/')) {
    path = join(path, part);
    const made = await mkdir(path).then(
      () => true,
      e => {
        if ((e as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw e;
      },
    );
    if (made) await chmod(path, 0o777);
  }
}

type NewObject = Parameters<typeof createMarked>[1];
/** Creates an object of a run; one of that name which belongs to the run is the same. */
async function createOwned(client: Client, object: NewObject, runUid: string): Promise<void> {
  await createUnless(client, object, there => there.metadata.ownerReferences?.some(o => o.uid === runUid) === true);
}
/** As `createOwned`, for objects that outlive the run and bear its label. */
async function createMarked(client: Client, object: import('../../kube/index.ts').Obj): Promise<void> {
  const mark = object.metadata.labels?.['pipeline/runid'];
  await createUnless(client, object, there => there.metadata.labels?.['pipeline/runid'] === mark);
}
async function createUnless(
  client: Client,
  object: import('../../kube/index.ts').Obj,
  isOurs: (there: import('../../kube/index.ts').Frozen<import('../../kube/index.ts').Obj>) => boolean,
): Promise<void> {
  try {
    await client.write({ verb: 'create', object });
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
  }
}

/** An answer that asking again will not change. A full quota may change. */
function isRefusal(error: unknown): error is StatusError {
  if (!(error instanceof StatusError)) return false;
  if (error.code === 403) return !error.message.includes('exceeded quota');
  return [400, 404, 405, 409, 413, 422].includes(error.code);
}
function ignoring(reason: string): (error: unknown) => void {
  return error => {
    if (!isReason(error, reason)) throw error;
  };
}
