import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Client, Frozen } from '../../kube/index.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import { latestRun, POD, type RefreshParams, type StartParams } from '../agent/fact.ts';
import { type Container, containersOf, type Pod } from '../agent/pod.ts';
import { readObjects, volumeVersions } from '../agent/volume-versions.ts';
import type { NodeFacts } from '../env/fields.ts';
import { type Service, serviceVars } from '../env/service-vars.ts';
import { errors, NotStartable } from '../errors.ts';
import type { Catalogue, ResolvedImage } from '../images/catalogue.ts';
import { ObjectReader } from '../objects.ts';
import type { MountSpec, PodRuntime } from '../runtime.ts';
import { requestToken, tokenRefreshMs } from '../volumes/tokens.ts';
import type { VolumeSource, Volumes } from '../volumes/volumes.ts';
import { containerSpec, type Provision } from './container-spec.ts';
import type { Facts } from './facts.ts';
import { runHandler } from './handler.ts';
import { sandboxSpec } from './sandbox-spec.ts';

/** Gives an image's container its Python environment. */
export type Provide = (
  pod: Frozen<Pod>,
  container: Frozen<Container>,
  image: ResolvedImage,
  attempt: number,
) => Promise<Provision>;
export type StarterOptions = {
  home: string;
  runtime: PodRuntime;
  clock: Clock;
  log: Logger;
  facts: Facts;
  volumes: Volumes;
  catalogue: Catalogue;
  provide: Provide;
  node: Omit<NodeFacts, 'podIP'>;
  hostEnv: Readonly<Record<string, string>>;
  hostMounts: readonly MountSpec[];
  apiServiceIP: string;
  clusterDomain: string;
};
const HOOK_PATIENCE_MS = 600_000;

/** Performs `pod.start`, `container.start` and `volumes.refresh`: one Pod at a time, all failures become facts. */
export class Starter {
  readonly #o: StarterOptions;
  readonly #tails = new Map<string, Promise<void>>();
  readonly #gone = new Set<string>();
  readonly #refreshes = new Map<string, () => void>();
  constructor(o: StarterOptions) {
    this.#o = o;
  }

  /** Makes the sandbox and the volumes where they are missing, then starts the containers. */
  start(params: StartParams, client: Client): Promise<void> {
    const uid = params.pod.metadata.uid!;
    return this.#inTurn(uid, () => this.#start(uid, params, client));
  }
  refresh({ pod, versions }: RefreshParams, client: Client): Promise<void> {
    const uid = pod.metadata.uid!;
    return this.#inTurn(uid, async () => {
      if (this.#o.facts.get(uid)?.volumeVersions === versions) return;
      const reader = new ObjectReader(client, pod.metadata.namespace!);
      // What vanished meanwhile keeps its last content, as upstream.
      await this.#prepareVolumes(pod, reader, client).catch(error => {
        if (!(error instanceof NotStartable)) throw error;
      });
      this.#o.facts.setVolumeVersions(uid, versions);
    });
  }
  /** Runs `last` after what is under way; nothing of this Pod starts afterwards. */
  async end(uid: string, last: () => Promise<void>): Promise<void> {
    this.#gone.add(uid);
    this.#refreshes.get(uid)?.();
    this.#refreshes.delete(uid);
    await this.#inTurn(uid, last);
  }
  /** A uid whose object is gone never comes back. */
  forget(uid: string): void {
    this.#gone.delete(uid);
  }
  close(): void {
    for (const cancel of this.#refreshes.values()) cancel();
    this.#refreshes.clear();
  }

  async #inTurn(uid: string, work: () => Promise<void>): Promise<void> {
    const before = this.#tails.get(uid) ?? Promise.resolve();
    const tail = before.then(work);
    const settled = tail.catch(() => undefined);
    this.#tails.set(uid, settled);
    await tail.finally(() => {
      if (this.#tails.get(uid) === settled) this.#tails.delete(uid);
    });
  }

  async #start(uid: string, { pod, containers, afresh }: StartParams, client: Client): Promise<void> {
    const { runtime, facts } = this.#o;
    if (this.#gone.has(uid)) return;
    const due = containers.filter(c => (latestRun(runtime.facts().get(uid), c.name)?.attempt ?? -1) < c.attempt || afresh);
    if (due.length === 0) return;
    const reader = new ObjectReader(client, pod.metadata.namespace!);
    let sources: Map<string, VolumeSource>;
    let services: Record<string, string>;
    try {
      [sources, services] = await Promise.all([
        this.#prepareVolumes(pod, reader, client),
        this.#serviceEnv(pod, client),
        this.#ensureSandbox(uid, pod, afresh),
      ]);
    } catch (error) {
      facts.fail(uid, POD, error);
      return;
    }
    facts.succeed(uid, POD);
    const podIP = runtime.facts().get(uid)?.podIP ?? '';
    const { hostname } = sandboxSpec(pod, this.#o.clusterDomain);
    const { home, hostEnv } = this.#o;
    const context = { home, pod, reader, node: { ...this.#o.node, podIP }, sources, hostEnv, serviceEnv: services, hostname };
    const specs = new Map(containersOf(pod).map(c => [c.spec.name, c.spec]));
    await Promise.all(
      due.map(async ({ name, attempt }) => {
        try {
          await this.#startOne(uid, specs.get(name)!, attempt, context);
          facts.succeed(uid, name);
        } catch (error) {
          facts.fail(uid, name, error);
        }
      }),
    );
  }

  async #startOne(
    uid: string,
    container: Frozen<Container>,
    attempt: number,
    context: Parameters<typeof containerSpec>[0],
  ): Promise<void> {
    const { runtime, clock, facts, catalogue, provide, hostMounts } = this.#o;
    const image = catalogue.resolve(container.image ?? '', container.imagePullPolicy);
    const provision = await provide(context.pod, container, image, attempt);
    const files = Object.entries(image.entry.files ?? {}).map(
      ([target, content]): MountSpec => ({ kind: 'file', target, content, mode: 0o755 }),
    );
    const spec = await containerSpec(context, container, attempt, image, {
      ...provision,
      mounts: [...hostMounts, ...files, ...provision.mounts],
    });
    if (this.#gone.has(uid)) return;
    await mkdir(dirname(spec.logPath), { recursive: true, mode: 0o750 });
    facts.setImage(uid, container.name, image.imageID);
    await runtime.startContainer(uid, spec).catch(error => {
      throw errors.runFailed(error instanceof Error ? error.message : String(error));
    });
    const hook = container.lifecycle?.postStart;
    if (!hook) return;
    const target = { uid, container: container.name, ports: container.ports };
    const outcome = await runHandler(runtime, clock, hook, target, HOOK_PATIENCE_MS);
    if (outcome.ok) return;
    await runtime.stopContainer(uid, container.name, 0);
    throw new NotStartable('PostStartHookError', `PostStartHook failed: ${outcome.message}`);
  }

  async #ensureSandbox(uid: string, pod: Frozen<Pod>, afresh: boolean): Promise<void> {
    const { runtime } = this.#o;
    try {
      const sandbox = runtime.facts().get(uid)?.sandbox;
      if (sandbox === 'ready') return;
      if (afresh || sandbox) await runtime.removeSandbox(uid);
      await runtime.createSandbox(sandboxSpec(pod, this.#o.clusterDomain));
    } catch (error) {
      throw errors.sandboxFailed(error instanceof Error ? error.message : String(error));
    }
  }

  async #prepareVolumes(pod: Frozen<Pod>, reader: ObjectReader, client: Client): Promise<Map<string, VolumeSource>> {
    const uid = pod.metadata.uid!;
    const sources = await this.#o.volumes.prepare({
      pod,
      reader,
      node: { ...this.#o.node, podIP: '' },
      token: r => requestToken(client, pod, r),
    });
    const versions = new Map<string, string>();
    for (const r of readObjects(pod)) versions.set(`${r.kind}/${r.name}`, (await reader.version(r.kind, r.name)) ?? '-');
    const text = volumeVersions(pod, (_, r) => {
      const resourceVersion = versions.get(`${r.kind}/${r.name}`);
      return { ...r, metadata: { name: r.name, ...(resourceVersion && resourceVersion !== '-' ? { resourceVersion } : {}) } };
    });
    this.#o.facts.setVolumeVersions(uid, text);
    this.#refreshTokensLater(uid, pod, client);
    return sources;
  }
  #refreshTokensLater(uid: string, pod: Frozen<Pod>, client: Client): void {
    const ms = tokenRefreshMs(pod);
    this.#refreshes.get(uid)?.();
    if (ms === undefined || this.#gone.has(uid)) return;
    const again = async () => {
      await this.#prepareVolumes(pod, new ObjectReader(client, pod.metadata.namespace!), client);
    };
    const onTime = () => this.#inTurn(uid, again).catch(error => this.#o.log.warn('volumes not refreshed', { uid, error }));
    this.#refreshes.set(
      uid,
      this.#o.clock.after(ms, () => void onTime()),
    );
  }

  async #serviceEnv(pod: Frozen<Pod>, client: Client): Promise<Record<string, string>> {
    const { apiServiceIP } = this.#o;
    const api = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kubernetes' },
      spec: { clusterIP: apiServiceIP, ports: [{ name: 'https', port: 443 }] },
    };
    if (pod.spec!.enableServiceLinks === false) return serviceVars([api]);
    const services: Frozen<Service>[] = [];
    for await (const page of client.list<Service>('v1/Service', { namespace: pod.metadata.namespace! }))
      services.push(...page.items);
    return { ...serviceVars(services), ...serviceVars([api]) };
  }
}
