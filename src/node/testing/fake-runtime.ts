import { type Duplex, PassThrough } from 'node:stream';
import type { ExecSession } from '../../kube/index.ts';
import type {
  AttachedInput,
  ContainerFact,
  ContainerSpec,
  PodFact,
  PodRuntime,
  RuntimeInfo,
  SandboxSpec,
  ServiceRule,
} from '../runtime.ts';

/** A runtime that runs nothing: tests say how containers go on. What it was asked stands in `calls`. */
export class FakeRuntime implements PodRuntime {
  readonly info: RuntimeInfo = {
    mode: 'plain',
    isolation: { status: 'False', reason: 'Fake', message: 'nothing runs' },
    gatewayIP: '10.244.0.1',
    serviceCIDR: '10.96.0.0/12',
  };
  readonly calls: string[] = [];
  readonly specs = new Map<string, ContainerSpec>();
  readonly sandboxes = new Map<string, SandboxSpec>();
  lookup: ((name: string) => readonly string[] | undefined) | undefined;
  services: readonly ServiceRule[] = [];
  /** What `exec` answers, by the command's text. */
  execute: (argv: readonly string[]) => { exitCode: number; output?: string } = () => ({ exitCode: 0 });
  connect: (port: number) => Promise<Duplex> = () => Promise.reject(new Error('connection refused'));
  now = '2026-01-01T00:00:00.000Z';
  readonly #facts = new Map<string, PodFact>();
  readonly #listeners: ((uid: string) => void)[] = [];

  async start(): Promise<void> {}
  async createSandbox(spec: SandboxSpec): Promise<void> {
    this.calls.push(`createSandbox ${spec.uid}`);
    this.sandboxes.set(spec.uid, spec);
    this.set({ uid: spec.uid, sandbox: 'ready', podIP: `10.244.0.${this.sandboxes.size + 1}`, containers: [] });
  }
  async startContainer(uid: string, spec: ContainerSpec): Promise<void> {
    this.calls.push(`startContainer ${uid}/${spec.name}/${spec.attempt}`);
    this.specs.set(`${uid}/${spec.name}`, spec);
    this.#merge(uid, { name: spec.name, attempt: spec.attempt, state: 'running', startedAt: this.now });
  }
  async stopContainer(uid: string, container: string, graceMs: number, signal = 'SIGTERM'): Promise<void> {
    this.calls.push(`stopContainer ${uid}/${container} ${graceMs} ${signal}`);
  }
  async removeSandbox(uid: string): Promise<void> {
    this.calls.push(`removeSandbox ${uid}`);
    if (this.#facts.delete(uid)) this.#tell(uid);
  }
  async exec(uid: string, container: string, spec: { argv: readonly string[] }): Promise<ExecSession> {
    this.calls.push(`exec ${uid}/${container} ${spec.argv.join(' ')}`);
    const { exitCode, output = '' } = this.execute(spec.argv);
    const stdout = new PassThrough();
    stdout.end(output);
    const exit = new Promise<{ exitCode: number }>(resolve =>
      stdout.once('end', () => setImmediate(() => resolve({ exitCode }))),
    );
    return { stdout, exit, resize() {}, kill() {} };
  }
  async attach(uid: string, container: string, { once }: { once: boolean }): Promise<AttachedInput> {
    this.calls.push(`attach ${uid}/${container}${once ? ' once' : ''}`);
    return { stdin: new PassThrough(), resize() {}, close() {} };
  }
  dial(_uid: string, port: number): Promise<Duplex> {
    return this.connect(port);
  }
  async setServices(rules: readonly ServiceRule[]): Promise<void> {
    this.services = rules;
  }
  async exposeToPods(): Promise<void> {}
  setNames(lookup: (name: string) => readonly string[] | undefined): void {
    this.lookup = lookup;
  }
  fact(uid: string): PodFact | undefined {
    return this.#facts.get(uid);
  }
  uids(): readonly string[] {
    return [...this.#facts.keys()];
  }
  onChange(listener: (uid: string) => void): void {
    this.#listeners.push(listener);
  }
  async close(): Promise<void> {}

  /** Ends the newest attempt of a container. */
  exit(uid: string, name: string, exitCode: number, more: Partial<ContainerFact> = {}): void {
    const run = this.#facts.get(uid)!.containers.findLast(c => c.name === name)!;
    this.#merge(uid, { ...run, state: 'exited', exitCode, finishedAt: this.now, ...more });
  }
  set(fact: PodFact): void {
    this.#facts.set(fact.uid, fact);
    this.#tell(fact.uid);
  }
  #merge(uid: string, run: ContainerFact): void {
    const fact = this.#facts.get(uid)!;
    const others = fact.containers.filter(c => c.name !== run.name || c.attempt !== run.attempt);
    this.set({ ...fact, containers: [...others, run] });
  }
  #tell(uid: string): void {
    for (const listener of this.#listeners) listener(uid);
  }
}
