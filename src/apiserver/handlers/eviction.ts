import {
  type ApiResponse,
  type Condition,
  errors,
  type Frozen,
  type LabelSelector,
  type Obj,
  selectorOf,
} from '../../kube/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { decodeProtobuf } from '../protobuf/index.ts';
import { keyOfName, viewOf } from '../registry/resource.ts';
import { readObject } from '../request/body.ts';
import { deleteOptions } from '../request/options.ts';
import type { Revision, Transaction } from '../store/index.ts';
import { deleteIn } from '../write/delete.ts';
import { timestamp } from '../write/metadata.ts';
import { commit } from '../write/pipeline.ts';
import { SUCCESS } from './pods.ts';
import { respond } from './respond.ts';

type Pod = Obj<unknown, { phase?: string; conditions?: Condition[] }>;
type Budget = Obj<
  { selector?: LabelSelector; unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow' },
  {
    observedGeneration?: number;
    disruptionsAllowed?: number;
    currentHealthy?: number;
    desiredHealthy?: number;
    disruptedPods?: Record<string, string>;
    conditions?: Condition[];
  }
>;
const BUDGETS = 'policy/v1/PodDisruptionBudget';
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";

/**
 * POST pods/eviction: a deletion that a disruption budget may refuse. What it allows is taken from the budget in the same
 * transaction, so that two evictions never share one allowance.
 *
 * @source kubernetes pkg/registry/core/pod/storage/eviction.go, from knowledge
 */
export async function evictPod(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const { def, info, storage } = call;
  const body = readObject(
    call.request,
    { group: 'policy', version: 'v1', kind: 'Eviction' },
    undefined,
    decodeProtobuf,
  ) as Obj & {
    deleteOptions?: unknown;
  };
  const options = deleteOptions(body.deleteOptions, call.query);
  await commit(ctx, call.request, options.dryRun, tx => {
    const previous = tx.get(storage, keyOfName(def, info.namespace, info.name!));
    if (!previous) throw errors.notFound(def, info.name!);
    const pod = viewOf(def, previous) as Frozen<Pod>;
    if (!needsNoBudget(pod)) takeAllowance(ctx, tx, call, pod);
    return deleteIn(ctx, tx, call, withTarget(ctx, tx, call, previous), options).revision;
  });
  return respond(201, SUCCESS, call.answer);
}

/** What has ended, has not begun, or goes anyway disturbs nobody. */
function needsNoBudget({ metadata, status }: Frozen<Pod>): boolean {
  return metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? 'Pending');
}

/** Takes one disruption from the Pod's budget. @throws StatusError 429 when there is none, 500 when two budgets select it */
function takeAllowance(ctx: ServerContext, tx: Transaction, call: Call, pod: Frozen<Pod>): void {
  const { namespace, name } = pod.metadata;
  const budgets = ctx.admission
    .find<Budget>(BUDGETS, { namespace: namespace! })
    .filter(b => selectorOf(b.spec?.selector)?.matches(pod.metadata.labels));
  if (budgets.length > 1)
    throw errors.failure(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  if (!budgets[0]) return;
  const def = ctx.registry.ofKind(BUDGETS)!;
  const storage = def.storage!;
  const previous = tx.get(storage, keyOfName(def, namespace, budgets[0].metadata.name));
  if (!previous) return;
  const budget = viewOf(def, previous) as Frozen<Budget>;
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0, disruptedPods } = budget.status ?? {};
  const isReady = pod.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True');
  const spareUnready =
    budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (currentHealthy >= desiredHealthy && desiredHealthy > 0);
  if (!isReady && spareUnready) return;
  if ((budget.status?.observedGeneration ?? 0) < (budget.metadata.generation ?? 0))
    throw refused(10, `The disruption budget ${budget.metadata.name} is still being processed by the server.`);
  if (disruptionsAllowed <= 0)
    throw refused(
      0,
      `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  const status = {
    ...budget.status,
    disruptionsAllowed: disruptionsAllowed - 1,
    disruptedPods: { ...disruptedPods, [name]: timestamp(ctx.clock.now()) },
  };
  tx.update(storage, previous, { ...(budget as Budget), status } as Obj, call.request.user.username);
}
function refused(retryAfterSeconds: number, message: string): Error {
  return errors.failure(429, 'TooManyRequests', REFUSED, {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  });
}

/** The Pod with the condition by which Jobs tell an eviction from a failure. */
function withTarget(ctx: ServerContext, tx: Transaction, { storage, request }: Call, previous: Revision): Revision {
  const pod = previous.object as unknown as Pod;
  const target = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: timestamp(ctx.clock.now()),
  } as Condition;
  const conditions = [...(pod.status?.conditions ?? []).filter(c => c.type !== target.type), target];
  return tx.update(storage, previous, { ...pod, status: { ...pod.status, conditions } } as Obj, request.user.username);
}
