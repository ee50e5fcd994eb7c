import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, isReason } from '../../kube/index.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import type { PodWant } from '../agent/fact.ts';
import type { Pod } from '../agent/pod.ts';
import type { Gpus } from '../devices/gpus.ts';
import type { Environments } from '../environments/environments.ts';
import type { PodRuntime } from '../runtime.ts';
import { podLogFolder } from '../streams/log-path.ts';
import type { Volumes } from '../volumes/volumes.ts';
import type { Starter } from './starter.ts';

export type RemoverOptions = {
  home: string;
  nodeName: string;
  runtime: PodRuntime;
  volumes: Volumes;
  environments: Environments;
  gpus: Gpus;
  starter: Starter;
  client: Client;
  clock: Clock;
  log: Logger;
  /** How long logs outlive the Pod object. */
  logRetentionMs: number;
};

/** Performs `pod.remove`, and cleans up after Pods whose objects vanished without one (forced deletion, daemon down). */
export class Remover {
  readonly #o: RemoverOptions;
  readonly #timers = new Set<() => void>();
  constructor(o: RemoverOptions) {
    this.#o = o;
  }

  /** Sandbox and volumes; the logs stay until the Pod's object is gone. */
  async remove(uid: string): Promise<void> {
    const { starter, runtime, volumes, environments, gpus } = this.#o;
    await starter.end(uid, async () => {
      await runtime.removeSandbox(uid);
      await environments.collect(volumes.folder(uid));
      gpus.release(uid);
      volumes.remove(uid);
    });
  }
  /** The Pod's object is no longer seen: makes sure of it, then leaves nothing but its logs for a while. */
  async vanished(uid: string, pod: PodWant): Promise<void> {
    if (await this.#exists(uid, pod)) return;
    await this.remove(uid);
    this.#o.starter.forget(uid);
    const folder = podLogFolder(this.#o.home, { ...pod, uid });
    const cancel = this.#o.clock.after(this.#o.logRetentionMs, () => {
      this.#timers.delete(cancel);
      rm(folder, { recursive: true, force: true }).catch(error => this.#o.log.warn('logs not removed', { folder, error }));
    });
    this.#timers.add(cancel);
  }
  /** After a start: what runs without an object on this node is removed. */
  async sweep(): Promise<void> {
    const { client, runtime, nodeName } = this.#o;
    const known = new Set<string>();
    for await (const page of client.list<Pod>('v1/Pod')) {
      for (const p of page.items) if (p.spec?.nodeName === nodeName) known.add(p.metadata.uid!);
    }
    await this.#sweepFolders(known);
    const orphans = runtime.uids().filter(uid => !known.has(uid));
    await Promise.all(orphans.map(uid => this.remove(uid).then(() => this.#o.starter.forget(uid))));
  }
  close(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  /** Volumes and old logs of Pods that went while nobody looked. */
  async #sweepFolders(known: ReadonlySet<string>): Promise<void> {
    const { home, volumes, clock, logRetentionMs, runtime } = this.#o;
    for (const uid of await readdir(join(home, 'pods')).catch((): string[] => []))
      if (!known.has(uid) && !runtime.fact(uid)) volumes.remove(uid);
    const logs = join(home, 'logs', 'pods');
    for (const name of await readdir(logs).catch((): string[] => [])) {
      if (known.has(name.slice(name.lastIndexOf('_') + 1))) continue;
      const { mtimeMs } = await stat(join(logs, name));
      if (clock.now().getTime() - mtimeMs > logRetentionMs) await rm(join(logs, name), { recursive: true, force: true });
    }
  }
  async #exists(uid: string, { namespace, name }: PodWant): Promise<boolean> {
    try {
      const found = await this.#o.client.get<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace, name });
      return found.metadata.uid === uid;
    } catch (error) {
      if (isReason(error, 'NotFound')) return false;
      throw error;
    }
  }
}
