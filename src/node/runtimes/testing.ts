import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger, systemClock, systemIds } from '../../lib/index.ts';
import type { ContainerFact, ContainerSpec, PodFact, PodRuntime, SandboxSpec } from '../runtime.ts';
import { openRuntime, type RuntimeOptions } from './index.ts';

/** A runtime in a folder of its own, for tests: `await using`. */
export class TestRuntime {
  readonly home: string;
  readonly runtime: PodRuntime;

  constructor(home: string, runtime: PodRuntime) {
    this.home = home;
    this.runtime = runtime;
  }

  static async open(extra: Partial<RuntimeOptions> = {}): Promise<TestRuntime> {
    const home = extra.home ?? (await mkdtemp(path.join(tmpdir(), 'skiff-')));
    const runtime = await openRuntime({ home, clock: systemClock, ids: systemIds, log: silentLogger, ...extra });
    await runtime.start();
    return new TestRuntime(home, runtime);
  }

  sandbox(uid: string, extra: Partial<SandboxSpec> = {}): SandboxSpec {
    return {
      uid,
      namespace: 'test',
      name: uid,
      hostname: uid,
      hostAliases: [],
      searchDomains: [],
      hostNetwork: false,
      ownNames: [],
      ...extra,
    };
  }

  container(uid: string, argv: readonly string[], extra: Partial<ContainerSpec> = {}): ContainerSpec {
    const name = extra.name ?? 'main';
    return {
      name,
      attempt: 0,
      argv,
      env: [],
      workingDir: '/',
      mounts: [],
      readOnlyRoot: false,
      stdin: false,
      tty: false,
      logPath: this.logPath(uid, name),
      terminationMessagePath: '/dev/termination-log',
      limits: {},
      ...extra,
    };
  }

  logPath(uid: string, name = 'main'): string {
    return path.join(this.home, 'logs', uid, name, '0.log');
  }

  /** Sandbox and container in one go; resolves when the sandbox stands. */
  async run(
    uid: string,
    argv: readonly string[],
    extra: Partial<ContainerSpec> = {},
    sandbox: Partial<SandboxSpec> = {},
  ): Promise<void> {
    await Promise.all([
      this.runtime.createSandbox(this.sandbox(uid, sandbox)),
      this.runtime.startContainer(uid, this.container(uid, argv, extra)),
    ]);
  }

  /** The first fact of a Pod that satisfies the condition. */
  until<T>(uid: string, condition: (fact: PodFact) => T | undefined | false): Promise<T> {
    return new Promise(resolve => {
      const look = () => {
        const fact = this.runtime.fact(uid);
        const found = fact && condition(fact);
        if (found) resolve(found);
      };
      this.runtime.onChange(changed => changed === uid && look());
      look();
    });
  }

  exited(uid: string, name = 'main', attempt = 0): Promise<ContainerFact> {
    return this.until(uid, pod => pod.containers.find(c => c.name === name && c.attempt === attempt && c.state === 'exited'));
  }

  running(uid: string, name = 'main'): Promise<ContainerFact> {
    return this.until(uid, pod => pod.containers.find(c => c.name === name && c.state === 'running'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.runtime.uids().map(uid => this.runtime.removeSandbox(uid)));
    await this.runtime.close();
    await rm(this.home, { recursive: true, force: true });
  }
}
