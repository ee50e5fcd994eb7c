import { type ApiResponse, errors, type Frozen, isReason } from '../../kube/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { apiVersionOf, bytesOf, keyOfName, type ResourceDef, viewOf } from '../registry/resource.ts';
import { type Filter, filterOf } from '../request/filter.ts';
import { type ListOptions, listOptions } from '../request/options.ts';
import type { Revision, Scope } from '../store/index.ts';
import { type ContinueToken, decodeContinue, encodeContinue } from './continue-token.ts';
import { respond } from './respond.ts';
import { partialOf, tableOf } from './table.ts';

/** Rows read at once; between two such pages others have their turn. */
const PAGE = 500;

/** GET of one object. `resourceVersion=N` with an exact match reads the past. */
export async function getObject(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const { def, info, query } = call;
  const rv = listOptions(query, false);
  await atLeast(ctx, rv.resourceVersion);
  const key = keyOfName(def, info.namespace, info.name!);
  const exact = rv.match === 'Exact' && rv.resourceVersion;
  const revision = exact ? ctx.store.getAt(call.storage, key, rv.resourceVersion!) : ctx.store.get(call.storage, key);
  if (!revision) throw errors.notFound(def, info.name!);
  await ctx.conversions.prepare(def, [revision.object]);
  return respondWith(ctx, call, 200, revision);
}

/** An object as the client asked for it: as it is, as Table or its metadata only. */
export function respondWith(ctx: ServerContext, call: Call, code: number, revision: Revision): ApiResponse {
  const { def, answer, query } = call;
  if (answer.as === 'Table') {
    const { resourceVersion } = revision.object.metadata;
    return respond(
      code,
      tableOf(
        def,
        [viewOf(def, revision)],
        query,
        ctx.clock.now(),
        { ...(resourceVersion ? { resourceVersion } : {}) },
        answer.tableVersion,
      ),
      answer,
    );
  }
  if (answer.as === 'PartialObjectMetadata') return respond(code, partialOf(viewOf(def, revision)), answer);
  return respond(code, viewOf(def, revision), answer, () => bytesOf(def, revision));
}

/** Waits for a revision that is not there yet, as a client of a slower replica would. @throws StatusError 504 */
export async function atLeast(ctx: ServerContext, rv: number | undefined): Promise<void> {
  if (rv === undefined || rv <= ctx.store.rv) return;
  throw errors.failure(504, 'Timeout', `Too large resource version: ${rv}, current: ${ctx.store.rv}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

type Page = { revisions: Revision[]; rv: number; next?: ContinueToken; remaining?: number };

/** LIST: a page or all of one snapshot, from stored bytes. */
export async function listObjects(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const { def, info, query, answer } = call;
  const o = listOptions(query, false);
  const filter = filterOf(def, call.storage, o);
  await atLeast(ctx, o.resourceVersion);
  const page = await readPage(ctx, call, o, filter);
  await prepareAll(ctx, def, page.revisions);
  const metadata = {
    resourceVersion: String(page.rv),
    ...(page.next ? { continue: encodeContinue(page.next, info.namespace) } : {}),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  if (answer.as === 'Table')
    return respond(
      200,
      tableOf(
        def,
        page.revisions.map(r => viewOf(def, r)),
        query,
        ctx.clock.now(),
        metadata,
        answer.tableVersion,
      ),
      answer,
    );
  if (answer.as === 'PartialObjectMetadata') {
    const items = page.revisions.map(r => partialOf(viewOf(def, r)));
    return respond(200, { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items }, answer);
  }
  return listResponse(def, metadata, page.revisions, call);
}

/** Converts what a webhook has to convert, before anything is written. */
export async function prepareAll(ctx: ServerContext, def: ResourceDef, revisions: readonly Revision[]): Promise<void> {
  if (!def.custom?.conversion) return;
  const objects = revisions.map(r => r.object);
  await ctx.conversions.prepare(def, objects);
}

function listResponse(def: ResourceDef, metadata: object, revisions: readonly Revision[], { answer }: Call): ApiResponse {
  const head = { kind: def.listKind, apiVersion: apiVersionOf(def), metadata };
  let object: Frozen<unknown> | undefined;
  const whole = () =>
    (object ??= Object.freeze({ ...head, items: Object.freeze(revisions.map(r => viewOf(def, r))) }) as Frozen<unknown>);
  if (answer.format !== 'json' || answer.pretty) return respond(200, whole(), answer);
  return {
    code: 200,
    headers: { 'content-type': 'application/json' },
    get object() {
      return whole();
    },
    bytes: () => listBytes(JSON.stringify(head), def, revisions),
  };
}

async function* listBytes(head: string, def: ResourceDef, revisions: readonly Revision[]): AsyncIterable<Uint8Array> {
  const comma = Buffer.from(',');
  let parts: Uint8Array[] = [Buffer.from(`${head.slice(0, -1)},"items":[`)];
  for (const [i, revision] of revisions.entries()) {
    if (i > 0) parts.push(comma);
    parts.push(bytesOf(def, revision));
    if (parts.length >= PAGE) {
      yield Buffer.concat(parts);
      parts = [];
    }
  }
  parts.push(Buffer.from(']}\n'));
  yield Buffer.concat(parts);
}

async function readPage(ctx: ServerContext, call: Call, o: ListOptions, filter: Filter): Promise<Page> {
  const { info, storage, def } = call;
  const { store } = ctx;
  const token = o.continue ? decodeContinue(o.continue, info.namespace) : undefined;
  const rv = token && token.rv > 0 ? token.rv : o.match === 'Exact' ? o.resourceVersion! : store.rv;
  const namespace = def.namespaced ? info.namespace : undefined;
  const limit = o.limit ?? Number.MAX_SAFE_INTEGER;
  const found: Revision[] = [];
  let after = token?.after;
  try {
    for (;;) {
      const scope: Scope = { ...(namespace ? { namespace } : {}), ...(after === undefined ? {} : { after }) };
      const wanted = Math.min(PAGE, filter.isEmpty ? limit - found.length : PAGE);
      const useIndex = filter.index && rv >= store.lastRvOf(storage);
      const rows = useIndex ? store.list(storage, scope, wanted, filter.index) : store.listAt(storage, scope, wanted, rv);
      for (const row of rows) {
        after = row.key;
        if (filter.isEmpty || filter.matches(row.object)) found.push(row);
        if (found.length >= limit) break;
      }
      const isLast = rows.length < wanted && after === (rows.at(-1)?.key ?? after);
      if (found.length >= limit) {
        if (isLast) return { revisions: found, rv };
        const remaining = store.count(storage, { ...(namespace ? { namespace } : {}), after: after! });
        if (remaining === 0) return { revisions: found, rv };
        return { revisions: found, rv, next: { rv, after: after! }, ...(filter.isEmpty ? { remaining } : {}) };
      }
      if (isLast) return { revisions: found, rv };
      await new Promise(resolve => setImmediate(resolve));
    }
  } catch (e) {
    if (token && isReason(e, 'Expired')) throw expiredContinue(token, info.namespace);
    throw e;
  }
}

function expiredContinue(token: ContinueToken, namespace: string | undefined): Error {
  return errors.expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    encodeContinue({ rv: -1, after: token.after }, namespace),
  );
}

/** Everything that matches, at once: for handlers that act on all (deletecollection, initial events of a watch). */
export async function readAll(ctx: ServerContext, call: Call, filter: Filter): Promise<{ items: Revision[]; rv: number }> {
  const o = { ...listOptions(new URLSearchParams(), false) };
  const page = await readPage(ctx, call, o, filter);
  return { items: page.revisions, rv: page.rv };
}
