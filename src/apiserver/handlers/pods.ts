import { type ApiResponse, errors, type Frozen, type LogOptions, type Obj } from '../../kube/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { decodeProtobuf } from '../protobuf/index.ts';
import { keyOfName, viewOf } from '../registry/resource.ts';
import { readObject } from '../request/body.ts';
import { writeOptions } from '../request/options.ts';
import { isTrue } from '../request/request-info.ts';
import { timestamp } from '../write/metadata.ts';
import { commit } from '../write/pipeline.ts';
import { respond } from './respond.ts';

type PodSpec = {
  nodeName?: string;
  containers?: readonly { name: string }[];
  initContainers?: readonly { name: string }[];
  ephemeralContainers?: readonly { name: string }[];
};
type Pod = Obj<PodSpec, { conditions?: { type: string }[] }>;
/** What a binding and an eviction answer. */
export const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** The Pod of a request. @throws StatusError 404 */
export function podOf(ctx: ServerContext, call: Pick<Call, 'def' | 'info' | 'storage'>): Frozen<Pod> {
  const { def, info, storage } = call;
  const revision = ctx.store.get(storage, keyOfName(def, info.namespace, info.name!));
  if (!revision) throw errors.notFound(def, info.name!);
  return viewOf(def, revision) as Frozen<Pod>;
}

/** POST pods/binding: the scheduler's decision. @source kubernetes pkg/registry/core/pod/storage/storage.go assignPod */
export async function bindPod(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const { def, info, storage, request } = call;
  const body = readObject(request, { group: '', version: 'v1', kind: 'Binding' }, undefined, decodeProtobuf) as Obj & {
    target?: { kind?: string; name?: string };
  };
  const node = body.target?.name;
  if (!node || (body.target?.kind && body.target.kind !== 'Node'))
    throw errors.invalid({ group: '', kind: 'Binding' }, info.name!, [
      { reason: 'FieldValueRequired', field: 'target.name', message: 'Required value' },
    ]);
  const { dryRun } = writeOptions('CreateOptions', call.query);
  await commit(ctx, call.request, dryRun, tx => {
    const previous = tx.get(storage, keyOfName(def, info.namespace, info.name!));
    if (!previous) throw errors.notFound(def, info.name!);
    const pod = previous.object as unknown as Pod;
    if (pod.metadata.deletionTimestamp)
      throw errors.conflict(
        { group: '', plural: 'pods/binding' },
        info.name!,
        `pod ${info.name} is being deleted, cannot be assigned to a host`,
      );
    if (pod.spec?.nodeName)
      throw errors.conflict(
        { group: '', plural: 'pods/binding' },
        info.name!,
        `pod ${info.name} is already assigned to node "${pod.spec.nodeName}"`,
      );
    const scheduled = {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: timestamp(ctx.clock.now()),
    };
    const conditions = [...(pod.status?.conditions ?? []).filter(c => c.type !== 'PodScheduled'), scheduled];
    return tx.update(
      storage,
      previous,
      { ...pod, spec: { ...pod.spec, nodeName: node }, status: { ...pod.status, conditions } },
      request.user.username,
    );
  });
  return respond(201, SUCCESS, call.answer);
}

/** The container that a log, exec or attach means. @throws StatusError 400 with upstream's texts */
export function containerOf(pod: Frozen<Pod>, asked: string | null | undefined): string {
  const names = (list: readonly { readonly name: string }[] | undefined) => (list ?? []).map(c => c.name);
  const { name } = pod.metadata;
  const main = names(pod.spec?.containers);
  const init = names(pod.spec?.initContainers);
  if (asked) {
    if ([...main, ...init, ...names(pod.spec?.ephemeralContainers)].includes(asked)) return asked;
    throw errors.badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  if (main.length === 1) return main[0]!;
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (preferred && main.includes(preferred)) return preferred;
  const others = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw errors.badRequest(`a container name must be specified for pod ${name}, choose one of: [${main.join(' ')}]${others}`);
}

function logOptions(query: URLSearchParams, container: string): LogOptions {
  const whole = (name: string): { [k: string]: number } => {
    const text = query.get(name);
    if (text === null || text === '') return {};
    if (!/^\d+$/.test(text))
      throw errors.invalid({ group: '', kind: 'PodLogOptions' }, '', [
        {
          reason: 'FieldValueInvalid',
          field: name,
          message: `Invalid value: ${JSON.stringify(text)}: must be greater than or equal to 0`,
        },
      ]);
    return { [name]: Number(text) };
  };
  const sinceTime = query.get('sinceTime');
  const since = whole('sinceSeconds');
  if (sinceTime && since['sinceSeconds'] !== undefined) {
    throw errors.invalid({ group: '', kind: 'PodLogOptions' }, '', [
      {
        reason: 'FieldValueForbidden',
        field: '',
        message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
      },
    ]);
  }
  const stream = query.get('stream');
  return {
    container,
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...whole('tailLines'),
    ...whole('limitBytes'),
    ...since,
    ...(sinceTime ? { sinceTime } : {}),
    ...(stream === 'Stdout' || stream === 'Stderr' || stream === 'All' ? { stream } : {}),
  };
}

/** GET pods/log: what the node hands over, as it comes. */
export async function readLog(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const pod = podOf(ctx, call);
  const options = logOptions(call.query, containerOf(pod, call.query.get('container')));
  const streams = ctx.streams();
  if (!streams) throw errors.unavailable('no node is connected that could hand over logs');
  const abort = new AbortController();
  const chunks = await streams.log(pod as Frozen<Obj>, options, call.request.signal ?? abort.signal);
  return { code: 200, headers: { 'content-type': 'text/plain' }, bytes: () => chunks };
}
