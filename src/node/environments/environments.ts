import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frozen } from '../../kube/index.ts';
import { canonicalJson, sha256Hex } from '../../lib/index.ts';
import type { Container, Pod } from '../agent/pod.ts';
import { errors } from '../errors.ts';
import type { ResolvedImage } from '../images/catalogue.ts';
import type { MountSpec, RuntimeInfo } from '../runtime.ts';
import type { Provision } from '../work/container-spec.ts';
import { findInterpreter, type Interpreter } from './interpreter.ts';
import { type Layer, type LayerOptions, Layers } from './layers.ts';
import { Learned } from './learned.ts';
import { canonicalRequest, detectRequests, type PipRequest } from './pip-requests.ts';
import { runProgram } from './program.ts';

export type EnvironmentOptions = LayerOptions & { mode: RuntimeInfo['mode'] };
const PLACE = '/opt/skiff/env';

/**
 * Python for containers. What a command will install is installed before it starts, once for all Pods that ask for the
 * same; a command that installs more gets a top of its own to write to.
 */
export class Environments {
  readonly #o: EnvironmentOptions;
  readonly #layers: Layers;
  readonly #learned: Learned;
  readonly #interpreters = new Map<string, Promise<Interpreter | undefined>>();
  constructor(o: EnvironmentOptions) {
    this.#o = o;
    this.#layers = new Layers(o);
    this.#learned = new Learned(o.home);
  }

  /** The environment of one attempt of a container; nothing for images that are no Python. @throws NotStartable */
  async provide(
    pod: Frozen<Pod>,
    podFolder: string,
    container: Frozen<Container>,
    image: ResolvedImage,
    attempt: number,
  ): Promise<Provision> {
    if (image.entry.kind !== 'python') return { mounts: [], env: {}, pathDirs: [] };
    const name = container.image ?? '';
    const python = await this.#interpreter(image);
    if (!python) throw errors.imageProgramMissing(name, 'python3');
    const argv = [...(container.command ?? image.entry.entrypoint ?? []), ...(container.args ?? [])];
    const { requests, more } = detectRequests(argv);
    const command = commandKey(pod.metadata.namespace ?? '', name, container);
    const extra = more ? await this.#learned.of(command) : [];
    const base = imageRequests(image);
    const { layer, whole } = await this.#layer(name, python, base, [...requests, ...extra.filter(e => isUseful(e))]);
    return this.#provision(podFolder, container, attempt, python, layer, more || !whole, command);
  }

  /** Before a Pod's folder goes: remembers what its commands installed by themselves. */
  async collect(podFolder: string): Promise<void> {
    const tops = join(podFolder, 'tops');
    if (!existsSync(tops)) return;
    for (const name of await readdir(tops)) {
      const [command, installed] = await Promise.all([
        readFile(join(tops, name, 'command'), 'utf8').catch(() => ''),
        readFile(join(tops, name, 'upper', 'layer.installed'), 'utf8').catch(() => ''),
      ]);
      if (command && installed) await this.#learned.learn(command, installed);
    }
  }

  /** Makes the layer of plain Python images ahead of the first Pod. */
  async warm(): Promise<void> {
    const python = await findInterpreter(this.#o.folders, undefined);
    if (python) await this.#layers.get(python, []);
  }

  #interpreter(image: ResolvedImage): Promise<Interpreter | undefined> {
    const wanted = /^3\.\d+/.exec(image.reference.tag)?.[0];
    const key = wanted ?? '';
    const found = this.#interpreters.get(key) ?? findInterpreter(this.#o.folders, wanted);
    this.#interpreters.set(key, found);
    return found;
  }

  /** With a list that cannot be had, the Pod starts on the image's own and pip tells it why. */
  async #layer(
    image: string,
    python: Interpreter,
    base: readonly PipRequest[],
    requests: readonly PipRequest[],
  ): Promise<{ layer: Layer; whole: boolean }> {
    try {
      return { layer: await this.#layers.get(python, [...base, ...requests]), whole: true };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (requests.length === 0) throw errors.layerFailed(image, detail);
      this.#o.log.warn('python layer not made, pip runs in the Pod', { requests, detail });
    }
    return { layer: (await this.#layer(image, python, base, [])).layer, whole: false };
  }

  async #provision(
    podFolder: string,
    container: Frozen<Container>,
    attempt: number,
    python: Interpreter,
    layer: Layer,
    writable: boolean,
    command: string,
  ): Promise<Provision> {
    const own = { PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' };
    const dirs = (root: string) => [...new Set([join(root, python.scripts), join(root, 'bin')])];
    const top = join(podFolder, 'tops', `${container.name}-${attempt}`);
    if (writable) await this.#openTop(top, command);
    if (this.#o.mode === 'plain') {
      // No mounts there: a container that writes gets a copy of links, which pip replaces and never writes into.
      const root = writable ? join(top, 'upper') : layer.path;
      if (writable) await copyByLinks(layer.path, root);
      return { mounts: [], env: own, pathDirs: dirs(root) };
    }
    const target = `${PLACE}/${layer.hash}`;
    const mount: MountSpec = writable
      ? { kind: 'overlay', lowers: [layer.path], upper: join(top, 'upper'), work: join(top, 'work'), target }
      : { kind: 'bind', source: layer.path, target, readOnly: true, idmap: true };
    return { mounts: [mount], env: own, pathDirs: dirs(target) };
  }
  /** Each attempt begins clean, as a new container does. */
  async #openTop(top: string, command: string): Promise<void> {
    await rm(top, { recursive: true, force: true });
    await mkdir(join(top, 'upper'), { recursive: true, mode: 0o755 });
    await mkdir(join(top, 'work'), { mode: 0o755 });
    await writeFile(join(top, 'command'), command);
  }
}

async function copyByLinks(from: string, to: string): Promise<void> {
  const { code, stderr } = await runProgram(['cp', '-al', `${from}/.`, to], { env: { PATH: '/usr/bin:/bin' } });
  if (code !== 0) throw new Error(`the Python environment could not be copied: ${stderr.trim()}`);
}
function imageRequests(image: ResolvedImage): PipRequest[] {
  return image.entry.requirements?.length ? [[...image.entry.requirements]] : [];
}
/**
 * The same image and command install the same; args carry what differs from run to run. Within a namespace: nobody decides
 * what the Pods of others start with.
 */
function commandKey(namespace: string, image: string, container: Frozen<Container>): string {
  return sha256Hex(canonicalJson([namespace, image, container.command ?? container.args ?? []]));
}
/** A learned line was written by a Pod: only what a request may be is taken. */
function isUseful(request: PipRequest): boolean {
  return canonicalRequest(request) !== undefined;
}
