import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { maskAnswer } from './mask.ts';

/** One request of the script. `{{step.path}}` stands for a value of an earlier answer; `until` asks again until that status. */
export type Step = {
  name: string;
  method: string;
  path: string;
  body?: unknown;
  text?: string;
  type?: string;
  accept?: string;
  until?: number;
  mask?: string;
};
export type Server = { url: string; token: string };
/** What was answered; a watch's body is the list of its events. */
export type Answer = { status: number; contentType: string; warnings: string[]; body: unknown };

const UNTIL_PATIENCE_MS = 30_000;
const UNTIL_PAUSE_MS = 50;

/** The requests in their order, one a line of script.jsonl. */
export function readScript(): Step[] {
  const lines = readFileSync(join(import.meta.dirname, 'script.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map(line => JSON.parse(line) as Step);
}

/** Plays the script against a server: the masked answers by the names of their steps. */
export async function play(server: Server, steps: readonly Step[]): Promise<Record<string, Answer>> {
  const raw = new Map<string, unknown>();
  const answers: Record<string, Answer> = {};
  for (const step of steps) {
    const answer = await settled(server, filled(step, raw));
    raw.set(step.name, answer.body);
    answers[step.name] = maskAnswer(answer, step.mask);
  }
  return answers;
}

async function settled(server: Server, step: Step): Promise<Answer> {
  const end = performance.now() + UNTIL_PATIENCE_MS;
  for (;;) {
    const answer = await ask(server, step);
    if (step.until === undefined || answer.status === step.until) return answer;
    if (performance.now() > end) throw new Error(`${step.name}: still ${answer.status}, not ${step.until}`);
    await new Promise(resolve => setTimeout(resolve, UNTIL_PAUSE_MS));
  }
}

function filled(step: Step, raw: ReadonlyMap<string, unknown>): Step {
  const value = (_: string, name: string, path: string) => {
    const found = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], raw.get(name));
    return typeof found === 'string' ? found : 'missing';
  };
  return JSON.parse(JSON.stringify(step).replaceAll(/\{\{([\w-]+)\.([\w.]+)\}\}/g, value)) as Step;
}

function ask(server: Server, step: Step): Promise<Answer> {
  const body = step.text ?? (step.body === undefined ? undefined : JSON.stringify(step.body));
  const headers = {
    authorization: `Bearer ${server.token}`,
    'user-agent': 'oracle/1',
    accept: step.accept ?? 'application/json',
    ...(body === undefined ? {} : { 'content-type': step.type ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const o = { method: step.method, headers, rejectUnauthorized: false };
    const asked = request(server.url + step.path, o, response => {
      const parts: Buffer[] = [];
      response.on('data', part => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          contentType: response.headers['content-type'] ?? '',
          warnings: [response.headers['warning'] ?? []].flat(),
          body: parsed(Buffer.concat(parts).toString()),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

function parsed(text: string): unknown {
  const lines = text.trim().split('\n');
  try {
    return lines.length > 1 && lines.every(l => l.startsWith('{"type":')) ? lines.map(l => JSON.parse(l)) : JSON.parse(text);
  } catch {
    return text;
  }
}
