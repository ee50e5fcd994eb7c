import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunView } from '../../../src/pipelines/api/view.ts';
import { root, Skiff } from '../../lib/skiff.ts';

type Answer = { id: number; result?: Record<string, unknown>; error?: string; status?: number };
export type RunResult = { run_id: string; state: string; error?: string };

/** A running Skiff, the unmodified SDK beside it, and what upstream's end-to-end suite prepares. */
export class PipelinesWorld {
  readonly skiff: Skiff;
  readonly #sdk: ChildProcess;
  readonly #waiting = new Map<number, (a: Answer) => void>();
  #next = 0;

  private constructor(skiff: Skiff) {
    this.skiff = skiff;
    const script = join(import.meta.dirname, 'sdk_worker.py');
    this.#sdk = spawn(join(root, '.cache/python/bin/python'), [script, skiff.ready.kfp, skiff.ready.tokenFile], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    createInterface({ input: this.#sdk.stdout! }).on('line', line => {
      const answer = JSON.parse(line) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  /** Runs as root, or with `CONFORMANCE_AS=user` as an unprivileged user. */
  static async open(): Promise<PipelinesWorld> {
    const world = new PipelinesWorld(await Skiff.start({ as: process.env['CONFORMANCE_AS'] === 'user' ? 'user' : 'root' }));
    await Promise.all([1, 2, 3].map(n => world.#createSecret(n)));
    return world;
  }
  /** The Secrets of upstream's suite; steps assert these values. */
  async #createSecret(n: number): Promise<void> {
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `test-secret-${n}` },
      stringData: { username: `user${n}`, password: `psw${n - 1}` },
    });
    await this.skiff.json('/k8s/api/v1/namespaces/kubeflow/secrets', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  }
  async close(): Promise<void> {
    this.#sdk.kill();
    await this.skiff.stop();
  }

  #call(call: string, request: Record<string, unknown>): Promise<Answer> {
    const id = ++this.#next;
    return new Promise(resolve => {
      this.#waiting.set(id, resolve);
      this.#sdk.stdin!.write(`${JSON.stringify({ id, call, ...request })}\n`);
    });
  }
  async upload(file: string, name: string): Promise<string> {
    const answer = await this.#call('upload', { file, name });
    if (answer.error) throw new Error(`upload: ${answer.error}`);
    return answer.result!['pipeline_id'] as string;
  }
  /** Submits by the SDK and waits by the SDK. */
  async run(file: string, name: string, args: Record<string, unknown>, timeoutSeconds: number): Promise<RunResult> {
    const answer = await this.#call('run', { file, name, arguments: args, timeout: timeoutSeconds });
    if (answer.error) throw new Error(`run: ${answer.error}`);
    return answer.result as unknown as RunResult;
  }
  view(runId: string): Promise<RunView> {
    return this.skiff.json<RunView>(`/console/api/runs/${runId}`);
  }
}
