import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock, systemIds } from '../../src/lib/index.ts';
import type { ContainerSpec, MountSpec, PodRuntime } from '../../src/node/runtime.ts';
import { openRuntime } from '../../src/node/runtimes/index.ts';
import { median } from './row.ts';

/** The folders that a step of a pipeline finds mounted. */
const TARGETS = ['/minio', '/s3', '/gcs', '/oci', '/tmp/kfp', '/var/run/secrets/kubernetes.io/serviceaccount'];

/** The same supervisor, namespaces, mounts and log as a step of a pipeline, without API and ledger. */
export class SpawnFloor {
  readonly #runtime: PodRuntime;
  readonly #home: string;
  readonly #waiting = new Map<string, () => void>();
  #count = 0;
  private constructor(runtime: PodRuntime, home: string) {
    this.#runtime = runtime;
    this.#home = home;
    runtime.onChange(uid => this.#waiting.get(uid)?.());
  }
  static async open(): Promise<SpawnFloor> {
    const home = mkdtempSync(join(tmpdir(), 'skiff-floor-'));
    mkdirSync(join(home, 'logs'));
    for (const t of TARGETS) mkdirSync(join(home, 'volume', t), { recursive: true });
    const runtime = await openRuntime({ home, clock: systemClock, ids: systemIds, log: silentLogger });
    await runtime.start();
    return new SpawnFloor(runtime, home);
  }

  /** One Pod from the order to its outcome, in ms. */
  async one(argv: readonly string[]): Promise<number> {
    const uid = systemIds.uuid();
    const start = performance.now();
    const ended = new Promise<void>(resolve => {
      this.#waiting.set(uid, () => {
        if (this.#runtime.fact(uid)?.containers[0]?.state === 'exited') resolve();
      });
    });
    const name = `floor-${this.#count++}`;
    const made = this.#runtime.createSandbox({
      uid,
      namespace: 'bench',
      name,
      hostname: name,
      hostAliases: [],
      searchDomains: [],
      hostNetwork: false,
      ownNames: [name],
    });
    const started = this.#runtime.startContainer(uid, this.#container(argv));
    await Promise.all([made, started, ended]);
    const ms = performance.now() - start;
    this.#waiting.delete(uid);
    await this.#runtime.removeSandbox(uid);
    return ms;
  }
  /** Median of `count` in sequence. */
  async median(count: number, argv: readonly string[]): Promise<number> {
    const all: number[] = [];
    for (let i = 0; i < count; i++) all.push(await this.one(argv));
    return median(all);
  }
  /** `count` Pods, `width` at a time: wall time in ms. */
  async wall(count: number, width: number, argv: readonly string[]): Promise<number> {
    const start = performance.now();
    let left = count;
    await Promise.all(
      Array.from({ length: width }, async () => {
        while (left-- > 0) await this.one(argv);
      }),
    );
    return performance.now() - start;
  }
  async close(): Promise<void> {
    await this.#runtime.close();
    rmSync(this.#home, { recursive: true, force: true });
  }

  #container(argv: readonly string[]): ContainerSpec {
    const mounts: MountSpec[] = TARGETS.map(target => ({
      kind: 'bind',
      source: join(this.#home, 'volume', target),
      target,
      readOnly: false,
      idmap: true,
    }));
    return {
      name: 'main',
      attempt: 0,
      argv,
      env: [{ name: 'PATH', value: '/usr/local/bin:/usr/bin:/bin' }],
      workingDir: '/',
      mounts,
      readOnlyRoot: false,
      stdin: false,
      tty: false,
      logPath: join(this.#home, 'logs', `${this.#count}.log`),
      terminationMessagePath: '/dev/termination-log',
      limits: {},
    };
  }
}

/** What the machine asks for a process at least: median of posix_spawn and wait, in ms. */
export function posixSpawnMs(count: number): number {
  const code = `import os,time,statistics as s
def one():
  t=time.perf_counter(); os.waitpid(os.posix_spawn("/bin/true",["true"],{}),0); return (time.perf_counter()-t)*1000
print(s.median(one() for _ in range(${count})))`;
  return Number(spawnSync('/usr/bin/python3', ['-c', code], { encoding: 'utf8' }).stdout);
}
