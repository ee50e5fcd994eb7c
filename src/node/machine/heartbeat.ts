import { type Client, type Condition, type Frozen, isReason, type Obj, type Ref } from '../../kube/index.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import type { RuntimeInfo } from '../runtime.ts';
import { DISK_PRESSURE_TAINT, hasDiskPressure, type Machine, NOT_READY_TAINT, nodeObject } from './node-object.ts';

export type HeartbeatOptions = {
  nodeName: string;
  client: Client;
  clock: Clock;
  log: Logger;
  runtime: RuntimeInfo;
  machine(): Promise<Machine>;
};
type NodeObj = Obj<{ taints?: { key: string }[] }, { conditions?: Condition[] }>;
const LEASE_EVERY_MS = 10_000;
const STATUS_EVERY_LEASES = 30;
const LEASE_SECONDS = 40;
const OWN_TAINTS = [NOT_READY_TAINT.key, DISK_PRESSURE_TAINT.key];
const LEASES = 'kube-node-lease';

/** Keeps the Node object and its Lease: the Lease every 10 s, the status every 5 min. @source kubernetes pkg/kubelet/nodestatus (from knowledge) */
export class Heartbeat {
  readonly #o: HeartbeatOptions;
  #cancel: () => void = () => {};
  #beats = 0;
  #closed = false;
  constructor(o: HeartbeatOptions) {
    this.#o = o;
  }
  /** Resolves when the Node stands in the API and is Ready. */
  async start(): Promise<void> {
    await this.#register();
    await this.#renew();
    this.#next();
  }
  /** Tells the API how the node is now, without waiting for the next time. */
  report(): Promise<void> {
    return this.#register();
  }
  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #next(): void {
    if (this.#closed) return;
    this.#cancel = this.#o.clock.after(LEASE_EVERY_MS, () => {
      this.#beat()
        .catch(error => this.#o.log.warn('heartbeat not written', { error }))
        .finally(() => this.#next());
    });
  }
  async #beat(): Promise<void> {
    await this.#renew();
    if (++this.#beats % STATUS_EVERY_LEASES === 0) await this.#register();
  }

  async #register(): Promise<void> {
    const { client, nodeName, runtime, machine, clock } = this.#o;
    const ref: Ref = { apiVersion: 'v1', kind: 'Node', name: nodeName };
    const past = await client.get<NodeObj>(ref).catch(absent);
    const measured = await machine();
    const wanted = nodeObject(nodeName, measured, runtime, (past?.status?.conditions ?? []) as Condition[], clock.now());
    const { labels, annotations } = wanted.metadata;
    if (!past) await client.write({ verb: 'create', object: wanted, adopt: 'never' });
    else {
      const others = past.spec?.taints?.filter(t => !OWN_TAINTS.includes(t.key)) ?? [];
      const taints = hasDiskPressure(measured) ? [...others, DISK_PRESSURE_TAINT] : others;
      const spec = { ...(wanted.spec as object), taints: taints.length > 0 ? taints : null };
      await client.write({ verb: 'patch', ref, type: 'merge', patch: { metadata: { labels, annotations }, spec } });
    }
    await client.write({ verb: 'patch', ref, type: 'merge', subresource: 'status', patch: { status: wanted.status } });
  }

  async #renew(): Promise<void> {
    const { client, nodeName, clock } = this.#o;
    const ref: Ref = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: LEASES, name: nodeName };
    const spec = { holderIdentity: nodeName, leaseDurationSeconds: LEASE_SECONDS, renewTime: microTime(clock.now()) };
    try {
      await client.write({ verb: 'patch', ref, type: 'merge', patch: { spec } });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      const object: Obj = { apiVersion: ref.apiVersion, kind: ref.kind, metadata: { name: nodeName, namespace: LEASES }, spec };
      await client.write({ verb: 'create', object });
    }
  }
}

function absent(error: unknown): Frozen<NodeObj> | undefined {
  if (isReason(error, 'NotFound')) return undefined;
  throw error;
}
/** metav1.MicroTime. */
function microTime(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}
