import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Client, Frozen } from '../../kube/index.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import { latestRun, POD, type RefreshParams, type StartParams } from '../agent/fact.ts';
import { type Container, containersOf, type Pod } from '../agent/pod.ts';
import { readObjects, volumeVersions } from '../agent/volume-versions.ts';
import type { Gpus } from '../devices/gpus.ts';
import type { NodeFacts } from '../env/fields.ts';
import { type Service, serviceVars } from '../env/service-vars.ts';
import { errors, NotStartable } from '../errors.ts';
import type { Catalogue, ResolvedImage } from '../images/catalogue.ts';
import { engineImage } from '../images/engine-images.ts';
import { ObjectReader } from '../objects.ts';
import type { ContainerSpec, MountSpec, PodRuntime } from '../runtime.ts';
import { requestToken, tokenRefreshMs } from '../volumes/tokens.ts';
import type { VolumeSource, Volumes } from '../volumes/volumes.ts';
import { containerSpec, type Provision, type SpecContext } from './container-spec.ts';
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
  gpus: Gpus;
  provide: Provide;
  durable(): Promise<void>;
  node: Omit<NodeFacts, 'podIP'>;
  hostEnv: Readonly<Record<string, string>>;
  hostMounts: readonly MountSpec[];
  apiServiceIP: string;
  clusterDomain: string;
};
type Start = { container: Frozen<Container>; attempt: number };
type Ready = { container: Frozen<Container>; spec: ContainerSpec };
const HOOK_PATIENCE_MS = 600_000;

/** Performs `pod.start`, `container.start` and `volumes.refresh`: one Pod at a time, all failures become facts. */
export class Starter {
  readonly #o: StarterOptions;
  readonly #tails = new Map<string, Promise<void>>();
  readonly #gone = new Set<string>();
  /** What was started, by uid, then container: the runtime's fact may come later than the next plan. */
  readonly #started = new Map<string, Map<string, number>>();
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
    this.#started.delete(uid);
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
    if (afresh) this.#started.delete(uid);
    const known = (name: string) => this.#started.get(uid)?.get(name) ?? latestRun(runtime.fact(uid), name)?.attempt ?? -1;
    const due = containers.filter(c => afresh || known(c.name) < c.attempt);
    if (due.length === 0) return;
    let context: SpecContext;
    try {
      context = await this.#context(pod, client);
      if (afresh) await runtime.removeSandbox(uid);
    } catch (error) {
      facts.fail(uid, POD, error);
      return;
    }
    const specs = new Map(containersOf(pod).map(c => [c.spec.name, c.spec]));
    const starts = due.map(({ name, attempt }) => ({ container: specs.get(name)!, attempt }));
    // Who wants to know the Pod's address, and what an engine runs, has to wait for the sandbox; the others go along with the sandbox in one request.
    const waits = (s: Start) => context.engine || asksForAddress(s.container);
    const [later, now] = [starts.filter(waits), starts.filter(s => !waits(s))];
    const ready = (await Promise.all(now.map(s => this.#ready(uid, s, context)))).filter(r => r !== undefined);
    if (this.#gone.has(uid) || ready.length + later.length === 0) return;
    const sandbox = runtime.fact(uid)?.sandbox;
    const standing = sandbox === 'ready' ? Promise.resolve() : this.#makeSandbox(context, uid, sandbox !== undefined);
    const running = ready.map(r => this.#run(uid, r.container, r.spec, standing));
    try {
      await standing;
      facts.succeed(uid, POD);
    } catch (error) {
      await Promise.allSettled(running);
      facts.fail(uid, POD, errors.sandboxFailed(textOf(error)));
      return;
    }
    const podIP = runtime.fact(uid)?.podIP ?? '';
    const placed = { ...context, node: { ...context.node, podIP } };
    const after = later.map(async s => {
      const r = await this.#ready(uid, s, placed);
      if (r) await this.#run(uid, r.container, r.spec, standing);
    });
    await Promise.all([...running, ...after]);
  }

  /** What the specs of all containers need. @throws NotStartable FailedMount */
  async #context(pod: Frozen<Pod>, client: Client): Promise<SpecContext> {
    const { home, hostEnv, node, clusterDomain } = this.#o;
    const reader = new ObjectReader(client, pod.metadata.namespace!);
    const [sources, serviceEnv] = await Promise.all([
      this.#prepareVolumes(pod, reader, client),
      this.#serviceEnv(pod, client),
      // A Pod that a power cut could make unseen must not have run.
      this.#o.durable(),
    ]);
    const { hostname } = sandboxSpec(pod, clusterDomain);
    return {
      home,
      pod,
      reader,
      node: { ...node, podIP: '' },
      sources,
      hostEnv,
      serviceEnv,
      hostname,
      engine: this.#needsEngine(pod),
    };
  }

  /** All that a container needs, made ready; undefined when something is missing, which then is a fact. */
  async #ready(uid: string, { container, attempt }: Start, context: SpecContext): Promise<Ready | undefined> {
    const { facts, gpus, provide, hostMounts } = this.#o;
    try {
      const image = await this.#image(container, context.engine);
      if (context.engine) {
        const bare = { ...gpus.bind(context.pod, container), pathDirs: [] };
        return this.#prepared(uid, container, image, await containerSpec(context, container, attempt, image, bare));
      }
      const provision = await provide(context.pod, container, image, attempt);
      const files = Object.entries(image.entry.files ?? {}).map(
        ([target, content]): MountSpec => ({ kind: 'file', target, content, mode: 0o755 }),
      );
      const devices = gpus.bind(context.pod, container);
      const mounts = [...hostMounts, ...files, ...provision.mounts, ...devices.mounts];
      const env = { ...provision.env, ...devices.env };
      const spec = await containerSpec(context, container, attempt, image, { ...provision, env, mounts });
      return this.#prepared(uid, container, image, spec);
    } catch (error) {
      facts.fail(uid, container.name, error);
      return undefined;
    }
  }

  #prepared(uid: string, container: Frozen<Container>, image: ResolvedImage, spec: ContainerSpec): Ready {
    mkdirSync(dirname(spec.logPath), { recursive: true, mode: 0o750 });
    this.#o.facts.setImage(uid, container.name, image.imageID);
    return { container, spec };
  }
  #image({ image = '', imagePullPolicy }: Frozen<Container>, engine: boolean): ResolvedImage | Promise<ResolvedImage> {
    const { runtime, catalogue } = this.#o;
    return engine ? engineImage(runtime, image, imagePullPolicy) : catalogue.resolve(image, imagePullPolicy);
  }
  /** One unknown image sends the whole Pod to the engine, so that its containers stay together. */
  #needsEngine(pod: Frozen<Pod>): boolean {
    const { runtime, catalogue } = this.#o;
    return runtime.findImage !== undefined && containersOf(pod).some(c => !isKnown(catalogue, c.spec.image ?? ''));
  }

  /** Starts a container in a sandbox that stands or is being made; when that fails, its own error is not news. */
  async #run(uid: string, container: Frozen<Container>, spec: ContainerSpec, standing: Promise<void>): Promise<void> {
    const { runtime, facts } = this.#o;
    const started = runtime.startContainer(uid, spec);
    try {
      await started;
      this.#started.set(uid, (this.#started.get(uid) ?? new Map<string, number>()).set(container.name, spec.attempt));
      await this.#afterStart(uid, container);
      facts.succeed(uid, container.name);
    } catch (error) {
      const stands = await standing.then(
        () => true,
        () => false,
      );
      if (!stands) return;
      facts.fail(uid, container.name, error instanceof NotStartable ? error : errors.runFailed(textOf(error)));
    }
  }
  async #afterStart(uid: string, container: Frozen<Container>): Promise<void> {
    const hook = container.lifecycle?.postStart;
    if (!hook) return;
    const { runtime, clock } = this.#o;
    const target = { uid, container: container.name, ports: container.ports };
    const outcome = await runHandler(runtime, clock, hook, target, HOOK_PATIENCE_MS);
    if (outcome.ok) return;
    await runtime.stopContainer(uid, container.name, 0);
    throw errors.postStartFailed(outcome.message);
  }

  async #makeSandbox({ pod, engine }: SpecContext, uid: string, again: boolean): Promise<void> {
    const { runtime, clusterDomain } = this.#o;
    if (again) await runtime.removeSandbox(uid);
    await runtime.createSandbox(sandboxSpec(pod, clusterDomain, engine));
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

function isKnown(catalogue: Catalogue, image: string): boolean {
  try {
    return catalogue.knows(image);
  } catch {
    return true; // no image name at all: its own container says so
  }
}

/** Whether a container's environment has the Pod's address, which is known only when the sandbox stands. */
function asksForAddress(container: Frozen<Container>): boolean {
  return container.env?.some(e => e.valueFrom?.fieldRef?.fieldPath.startsWith('status.podIP')) ?? false;
}
function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
