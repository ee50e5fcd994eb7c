import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { openBlobs, openSql } from '../../data/index.ts';
import { type Client, type Frozen, type ModuleEnv, type Obj, type Runner, startControllers } from '../../kube/index.ts';
import { MemoryApi } from '../../kube/testing/memory-client.ts';
import { seededIds, silentLogger, systemClock } from '../../lib/index.ts';
import { metadataTables } from '../../metadata/index.ts';
import { nodeTables } from '../api/node.ts';
import { RUN_API_VERSION, RUN_GVK, type Run, type RunSpec } from '../api/run.ts';
import type { StepPod } from '../controller/pod-parts.ts';
import { runController } from '../controller/run.ts';
import { runLogOf, runPerformers } from '../effects/index.ts';
import type { ExecutorInput } from '../ir/executor-input.ts';
import { stagePath } from '../ir/paths.ts';
import type { PipelineSpec } from '../ir/spec.ts';

/** The inside of a step: files at the paths it knows, and what it was told. */
export type Inside = {
  task: string;
  input: ExecutorInput;
  attempt: number;
  write(path: string, text: string): void;
  read(path: string): string;
  /** Into its log. */
  say(text: string): void;
};
/** Gives the exit code; `forever` never ends by itself. */
export type Program = (step: Inside) => number | 'forever';

/** Real controllers, ledger and blobs over a memory API; a node whose containers are functions. */
export class TestCluster {
  readonly api = new MemoryApi();
  readonly folder = mkdtempSync(join(tmpdir(), 'skiff-engine-'));
  readonly started: string[] = [];
  env!: ModuleEnv;
  program: Program;
  #runner!: Runner;
  #stop = new AbortController();
  #wrap: ((c: Client) => Client) | undefined;
  /** What Pods wrote; their logs go with them. */
  readonly logs = new Map<string, string>();
  /** Pods the node has started: it outlives the daemon. */
  readonly #seen = new Set<string>();

  private constructor(program: Program, wrap?: (c: Client) => Client) {
    this.program = program;
    this.#wrap = wrap;
    this.api.log = async pod => {
      this.api.get(pod);
      return Readable.from([Buffer.from(this.logs.get(pod.name) ?? '')].filter(b => b.length > 0));
    };
  }
  static async start(program: Program, wrap?: (c: Client) => Client): Promise<TestCluster> {
    const cluster = new TestCluster(program, wrap);
    await cluster.open();
    return cluster;
  }
  /** What a new daemon does with what is on disk and in the API. */
  async open(): Promise<void> {
    this.#stop = new AbortController();
    const ids = seededIds(this.folder);
    const sql = await openSql({
      path: join(this.folder, 'ledger.db'),
      migrations: [...metadataTables, ...nodeTables],
      log: silentLogger,
    });
    const blobs = openBlobs({ folder: join(this.folder, 'artifacts'), sql, ids, clock: systemClock });
    this.env = { client: this.api.client(), ledger: sql, blobs, clock: systemClock, ids, log: silentLogger };
    void this.#node(this.#stop.signal);
    this.#runner = startControllers({
      client: this.api.client(),
      controllers: [runController],
      sources: [runLogOf(this.env)],
      performers: runPerformers(this.env),
      clock: systemClock,
      log: silentLogger,
      ...(this.#wrap ? { wrap: this.#wrap } : {}),
    });
    await this.#runner.synced();
  }
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#runner.stop();
    await this.env.ledger.close();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  createRun(name: string, pipelineSpec: PipelineSpec, more: Partial<RunSpec> = {}): void {
    const spec: RunSpec = { displayName: name, experimentId: 'e', pipelineSpec, ...more };
    const metadata = { name, namespace: 'default', uid: `uid-${name}`, creationTimestamp: new Date(0).toISOString() };
    this.api.put({ apiVersion: RUN_API_VERSION, kind: 'Run', metadata, spec } as Obj);
  }
  run(name: string): Frozen<Run> {
    return this.api.get({ apiVersion: RUN_API_VERSION, kind: 'Run', namespace: 'default', name }) as unknown as Frozen<Run>;
  }
  patchRun(name: string, spec: Partial<RunSpec>): void {
    const run = this.run(name) as unknown as Run;
    this.api.put({ ...run, spec: { ...run.spec!, ...spec } } as Obj);
  }
  pods(): readonly Frozen<StepPod>[] {
    return this.api.list('v1/Pod') as unknown as readonly Frozen<StepPod>[];
  }
  get runs(): readonly Frozen<Obj>[] {
    return this.api.list(RUN_GVK);
  }
  /** Waits until a check holds, looking again after whatever is pending. */
  async until(what: string, check: () => boolean): Promise<void> {
    const endMs = systemClock.monotonicMs() + 10_000;
    while (!check()) {
      if (systemClock.monotonicMs() > endMs)
        throw new Error(`waited in vain until ${what}: ${JSON.stringify(this.runs[0]?.status)}`);
      await systemClock.sleep(2);
    }
  }

  async #node(signal: AbortSignal): Promise<void> {
    const seen = this.#seen;
    for await (const { type, object } of this.api.client().watch<StepPod>('v1/Pod', { resourceVersion: '0', signal })) {
      const pod = object as unknown as Frozen<StepPod>;
      const uid = pod.metadata.uid!;
      if (type === 'DELETED' || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue;
      if (pod.metadata.deletionTimestamp) this.#end(pod, 137);
      else if (!seen.has(uid) && pod.status?.phase === undefined) {
        seen.add(uid);
        const root = await this.env.blobs.stage(stageIdOf(pod));
        const task = pod.metadata.labels!['component']!;
        const attempt = Number(pod.metadata.labels!['pipelines.skiff.dev/attempt']);
        this.started.push(attempt === 0 ? task : `${task}#${attempt}`);
        this.#status(pod, { phase: 'Running' });
        const { name } = pod.metadata;
        const say = (text: string) => void this.logs.set(name, (this.logs.get(name) ?? '') + text);
        const inside = { task, attempt, input: inputOf(pod), ...files(root), say };
        const code = this.program(inside);
        if (code !== 'forever') this.#end(pod, code);
      }
    }
  }
  #end(pod: Frozen<StepPod>, exitCode: number): void {
    const terminated = { exitCode, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' };
    this.#status(pod, {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [{ name: 'main', state: { terminated } }],
    });
  }
  #status(pod: Frozen<StepPod>, status: NonNullable<StepPod['status']>): void {
    const live = this.api.list('v1/Pod').find(p => p.metadata.uid === pod.metadata.uid);
    if (live) this.api.put({ ...(live as Obj), status });
  }
}

function stageIdOf(pod: Frozen<StepPod>): string {
  const volume = pod.spec!.volumes[0] as unknown as { csi: { volumeAttributes: { stage: string } } };
  return volume.csi.volumeAttributes.stage;
}
/** The fixture's steps are told their ExecutorInput as first argument. */
export function inputOf(pod: Frozen<StepPod>): ExecutorInput {
  return JSON.parse(pod.spec!.containers[0]!.args?.[0] ?? '{}') as ExecutorInput;
}
function files(root: string): Pick<Inside, 'read' | 'write'> {
  return {
    read: path => readFileSync(join(root, stagePath(path)!), 'utf8'),
    write: (path, text) => {
      const file = join(root, stagePath(path)!);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
  };
}
