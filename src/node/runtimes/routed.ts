import type { Duplex } from 'node:stream';
import type { ExecSession } from '../../kube/index.ts';
import type {
  AttachedInput,
  ContainerSpec,
  EngineImage,
  PodFact,
  PodRuntime,
  RuntimeInfo,
  SandboxSpec,
  ServiceRule,
} from '../runtime.ts';
import type { Engine } from './engine/engine.ts';

/** Pods of images that a container engine runs go to it, all others to this machine's own runtime. */
export class RoutedRuntime implements PodRuntime {
  readonly info: RuntimeInfo;
  readonly #own: PodRuntime;
  readonly #engine: Engine;
  readonly #listeners = new Set<(uid: string) => void>();
  constructor(own: PodRuntime, engine: Engine) {
    this.info = own.info;
    this.#own = own;
    this.#engine = engine;
  }

  async start(): Promise<void> {
    await this.#own.start();
    await this.#engine.start(uid => {
      for (const listener of this.#listeners) listener(uid);
    });
  }
  findImage(image: string, pullPolicy: string | undefined): Promise<EngineImage | undefined> {
    return this.#engine.find(image, pullPolicy);
  }
  createSandbox(spec: SandboxSpec): Promise<void> {
    return (spec.engine ? this.#engine : this.#own).createSandbox(spec);
  }
  startContainer(uid: string, spec: ContainerSpec): Promise<void> {
    return (spec.image ? this.#engine : this.#own).startContainer(uid, spec);
  }
  stopContainer(uid: string, container: string, graceMs: number, signal?: string): Promise<void> {
    return this.#of(uid).stopContainer(uid, container, graceMs, signal);
  }
  removeSandbox(uid: string): Promise<void> {
    return this.#of(uid).removeSandbox(uid);
  }
  exec(uid: string, container: string, spec: { argv: readonly string[]; stdin: boolean; tty: boolean }): Promise<ExecSession> {
    return this.#of(uid).exec(uid, container, spec);
  }
  attach(uid: string, container: string, o: { once: boolean }): Promise<AttachedInput> {
    return this.#of(uid).attach(uid, container, o);
  }
  dial(uid: string, port: number): Promise<Duplex> {
    return this.#of(uid).dial(uid, port);
  }
  setServices(rules: readonly ServiceRule[]): Promise<void> {
    return this.#own.setServices(rules);
  }
  exposeToPods(ports: readonly { port: number; socketPath: string }[]): Promise<void> {
    return this.#own.exposeToPods(ports);
  }
  setNames(lookup: (name: string) => readonly string[] | undefined): void {
    this.#own.setNames(lookup);
  }
  fact(uid: string): PodFact | undefined {
    return this.#engine.fact(uid) ?? this.#own.fact(uid);
  }
  uids(): readonly string[] {
    return [...this.#own.uids(), ...this.#engine.uids()];
  }
  onChange(listener: (uid: string) => void): void {
    this.#listeners.add(listener);
    this.#own.onChange(listener);
  }
  async close(): Promise<void> {
    this.#engine.close();
    await this.#own.close();
  }

  #of(uid: string): PodRuntime | Engine {
    return this.#engine.has(uid) ? this.#engine : this.#own;
  }
}
