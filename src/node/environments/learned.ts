import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipRequest } from './pip-requests.ts';

const SEPARATOR = '\x1f';
const REMEMBERED = 10_000;

/** What Pods installed that nobody could foresee, by their command: the next one starts with it. Kept in `envs/learned.json`. */
export class Learned {
  readonly #path: string;
  #commands: Promise<Map<string, PipRequest[]>> | undefined;
  constructor(home: string) {
    this.#path = join(home, 'envs', 'learned.json');
  }
  async of(command: string): Promise<readonly PipRequest[]> {
    return (await this.#load()).get(command) ?? [];
  }
  /** Takes the lines that the shim wrote in a Pod. Returns whether something was new. */
  async learn(command: string, installed: string): Promise<boolean> {
    const commands = await this.#load();
    const known = new Set((commands.get(command) ?? []).map(r => r.join(SEPARATOR)));
    const fresh = [...new Set(installed.split('\n'))].filter(line => line !== '' && !known.has(line));
    if (fresh.length === 0) return false;
    commands.set(command, [...(commands.get(command) ?? []), ...fresh.map(line => line.split(SEPARATOR))]);
    if (commands.size > REMEMBERED) commands.delete(commands.keys().next().value!);
    await writeFile(`${this.#path}.new`, JSON.stringify([...commands]), { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
    return true;
  }
  #load(): Promise<Map<string, PipRequest[]>> {
    this.#commands ??= readFile(this.#path, 'utf8').then(
      text => new Map(JSON.parse(text) as [string, PipRequest[]][]),
      () => new Map(),
    );
    return this.#commands;
  }
}
