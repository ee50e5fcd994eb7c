import type { Statement } from '../../data/types.ts';
import { type Client, type Frozen, type Gvk, isReason, type ModuleEnv, type Obj, type Source } from '../../kube/index.ts';
import { PIPELINE_GVK, PIPELINE_VERSION_GVK, type Pipeline, type PipelineVersion } from '../api/pipeline.ts';
import { RUN_GVK, type Run } from '../api/run.ts';
import { forgetPipeline, forgetRun, forgetVersion, pipelineRows, runRows, versionRows } from './rows.ts';

type Kind = { gvk: Gvk; table: string; key: string; rows(o: Frozen<Obj>): Statement[]; forget(uid: string): Statement[] };
const KINDS: readonly Kind[] = [
  { gvk: RUN_GVK, table: 'run_list', key: 'run_id', rows: o => runRows(o as Frozen<Run>), forget: forgetRun },
  {
    gvk: PIPELINE_GVK,
    table: 'pipeline_list',
    key: 'pipeline_id',
    rows: o => pipelineRows(o as Frozen<Pipeline>),
    forget: forgetPipeline,
  },
  {
    gvk: PIPELINE_VERSION_GVK,
    table: 'pipeline_version_list',
    key: 'pipeline_version_id',
    rows: o => versionRows(o as Frozen<PipelineVersion>),
    forget: forgetVersion,
  },
];
const RETRY_MS = 1_000;

/**
 * Keeps the rows of `tables.ts` true to the objects, whoever changes them: engine, kubectl, garbage collection. It is a
 * Source only because a source starts and ends with the daemon; no plan reads it.
 */
export function listProjection(env: ModuleEnv): Source {
  return {
    name: 'pipelines-lists',
    async start({ signal }) {
      for (const kind of KINDS) void follow(env, kind, signal);
    },
    get: () => undefined,
  };
}

async function follow(env: ModuleEnv, kind: Kind, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      let resourceVersion = await catchUp(env, kind);
      while (!signal.aborted) resourceVersion = await watchOn(env, kind, resourceVersion, signal);
    } catch (e) {
      if (signal.aborted) return;
      if (!isReason(e, 'Expired')) env.log.warn('list projection starts again', { kind: kind.gvk, error: e });
      await env.clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }
}

/**
 * Writes what has changed and forgets what has gone while nobody watched. A row of the same version is left alone; a
 * release that changes what rows hold sets their versions to 0 in a migration.
 */
async function catchUp({ client, ledger }: { client: Client; ledger: ModuleEnv['ledger'] }, kind: Kind): Promise<string> {
  const rows = await ledger.all<{ uid: string; version: number }>(`SELECT ${kind.key} AS uid, version FROM ${kind.table}`);
  const gone = new Map(rows.map(r => [r.uid, r.version]));
  let resourceVersion = '0';
  for await (const page of client.list(kind.gvk)) {
    resourceVersion = page.resourceVersion;
    const changed = page.items.filter(o => gone.get(o.metadata.uid!) !== Number(o.metadata.resourceVersion));
    for (const o of page.items) gone.delete(o.metadata.uid!);
    await write(ledger, changed.flatMap(kind.rows));
  }
  await write(ledger, [...gone.keys()].flatMap(kind.forget));
  return resourceVersion;
}

/**
 * Ends when the server ends the watch; gives the version to go on from. What happens while a write is under way goes into
 * the next one, the last state of each object only.
 */
async function watchOn(env: ModuleEnv, kind: Kind, from: string, signal: AbortSignal): Promise<string> {
  const failed = new AbortController();
  const pending = new Map<string, Statement[]>();
  let writing: Promise<void> | undefined;
  const flush = async () => {
    while (pending.size > 0) {
      const statements = [...pending.values()].flat();
      pending.clear();
      await write(env.ledger, statements);
    }
    writing = undefined;
  };
  let resourceVersion = from;
  const o = { resourceVersion, signal: AbortSignal.any([signal, failed.signal]) };
  for await (const { type, object } of env.client.watch(kind.gvk, o)) {
    resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
    if (type === 'BOOKMARK') continue;
    const uid = object.metadata.uid!;
    pending.set(uid, type === 'DELETED' ? kind.forget(uid) : kind.rows(object));
    writing ??= flush().catch(e => failed.abort(e));
  }
  await writing;
  failed.signal.throwIfAborted();
  return resourceVersion;
}

async function write(ledger: ModuleEnv['ledger'], statements: Statement[]): Promise<void> {
  if (statements.length > 0) await ledger.transaction(statements);
}
