import { type ApiResponse, errors, type Frozen, jsonCopy, type LabelSelector, type Obj, selectorOf } from '../../kube/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { decodeProtobuf } from '../protobuf/index.ts';
import { keyOfName, type ResourceDef, viewOf } from '../registry/resource.ts';
import { checkedKind, readJson, readObject } from '../request/body.ts';
import { writeOptions } from '../request/options.ts';
import { builtinSchema } from '../schema/index.ts';
import type { Revision, Transaction } from '../store/index.ts';
import { commitShown, isApply, updateIn } from '../write/pipeline.ts';
import { respond } from './respond.ts';
import { patched, patchTypeOf } from './write.ts';

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
type Scale = Obj<{ replicas?: number }, { replicas: number; selector?: string }>;

function valueAt(o: unknown, path: string): unknown {
  return path
    .split('.')
    .filter(Boolean)
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], o);
}
function withValueAt(o: Record<string, unknown>, [head, ...rest]: readonly string[], value: unknown): Record<string, unknown> {
  const inner = rest.length === 0 ? value : withValueAt((o[head!] ?? {}) as Record<string, unknown>, rest, value);
  return { ...o, [head!]: inner };
}

/** A resource's replicas as autoscaling/v1 Scale. @source kubernetes pkg/registry/apps/deployment/storage, apiextensions pkg/registry/customresource */
function scaleOf(def: ResourceDef, o: Frozen<Obj>): Scale {
  const paths = def.custom?.scale;
  const spec = valueAt(o, paths?.specReplicasPath ?? '.spec.replicas');
  const status = valueAt(o, paths?.statusReplicasPath ?? '.status.replicas');
  const selector = paths
    ? paths.labelSelectorPath && (valueAt(o, paths.labelSelectorPath) as string | undefined)
    : selectorOf((o.spec as { selector?: Frozen<LabelSelector> } | undefined)?.selector)?.toString();
  if (paths && spec === undefined)
    throw errors.failure(404, 'NotFound', `the spec replicas field "${paths.specReplicasPath}" does not exist`, {});
  const { name, namespace, uid, resourceVersion, creationTimestamp } = o.metadata;
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp } as Obj['metadata'];
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: spec === undefined ? {} : { replicas: Number(spec) },
    status: { replicas: Number(status ?? 0), ...(selector ? { selector } : {}) },
  };
}

function mustGet(call: Call, tx: { get: Transaction['get'] }): Revision {
  const { def, info, storage } = call;
  const previous = tx.get(storage, keyOfName(def, info.namespace, info.name!));
  if (!previous) throw errors.notFound(def, info.name!);
  return previous;
}

export async function getScale(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const revision = mustGet(call, ctx.store);
  await ctx.conversions.prepare(call.def, [revision.object]);
  return respond(200, scaleOf(call.def, viewOf(call.def, revision)), call.answer);
}

export async function replaceScale(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const body = readObject(call.request, SCALE, undefined, decodeProtobuf) as Scale;
  return await write(ctx, call, 'UpdateOptions', () => body);
}

export async function patchScale(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const type = patchTypeOf({ ...call, def: { ...call.def, custom: undefined } as unknown as ResourceDef });
  const patch = readJson(call.request, 'Scale patch');
  const schema = builtinSchema('autoscaling/v1/Scale');
  return await write(ctx, call, 'PatchOptions', current => {
    const after = isApply(call) ? { ...current, ...(patch as Scale) } : patched(type, current, patch, schema);
    return checkedKind(jsonCopy(after), SCALE, false) as Scale;
  });
}

async function write(
  ctx: ServerContext,
  call: Call,
  kind: 'UpdateOptions' | 'PatchOptions',
  next: (current: Scale) => Scale,
): Promise<ApiResponse> {
  const { def, info } = call;
  const options = writeOptions(kind, call.query, isApply(call));
  const revision = await commitShown(ctx, call, options.dryRun, tx => {
    const previous = mustGet(call, tx);
    const old = viewOf(def, previous);
    const scale = next(scaleOf(def, old));
    const replicas = scale.spec?.replicas ?? 0;
    if (!Number.isInteger(replicas) || replicas < 0) {
      throw errors.invalid(SCALE, info.name!, [
        {
          reason: 'FieldValueInvalid',
          field: 'spec.replicas',
          message: `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`,
        },
      ]);
    }
    const path = (def.custom?.scale?.specReplicasPath ?? '.spec.replicas').split('.').filter(Boolean);
    const changed = withValueAt(old as unknown as Record<string, unknown>, path, replicas) as unknown as Obj;
    const { resourceVersion } = scale.metadata;
    const metadata = { ...changed.metadata, resourceVersion: resourceVersion || old.metadata.resourceVersion! };
    return updateIn(ctx, tx, { ...call, options }, previous, { ...changed, metadata }, 'scale');
  });
  return respond(200, scaleOf(def, viewOf(def, revision)), call.answer);
}
