import { UserError } from './command.ts';
import type { Home } from './home.ts';

/** Calls the running daemon's door as the owner. */
export class DoorClient {
  readonly baseUrl: string;
  readonly #token: string;
  constructor(baseUrl: string, token: string) {
    this.baseUrl = baseUrl;
    this.#token = token;
  }

  /** @throws UserError when no daemon runs in this home. */
  static of(home: Home): DoorClient {
    const daemon = home.daemon();
    if (!daemon) throw new UserError(`Skiff does not run in ${home.folder}. Start it with: skiff up --detach`);
    const token = home.token();
    if (!token) throw new UserError(`${home.tokenFile} is missing; restart Skiff to write it again`);
    return new DoorClient(`http://127.0.0.1:${daemon.ports.console}`, token);
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}`, ...(init.headers as Record<string, string>) };
    const response = await fetch(this.baseUrl + path, { ...init, headers });
    if (!response.ok) throw new UserError(messageOf(await response.text(), response.status));
    return response;
  }
  async json<T>(path: string, init?: RequestInit): Promise<T> {
    return (await (await this.fetch(path, init)).json()) as T;
  }
  async post<T>(path: string, body: unknown): Promise<T> {
    return await this.json<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
  /** Text as it arrives. */
  async *text(path: string, signal?: AbortSignal): AsyncIterable<string> {
    const response = await this.fetch(path, signal ? { signal } : {});
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
      yield decoder.decode(chunk, { stream: true });
  }
  /** The JSON values of a server-sent event stream. */
  async *events<T>(path: string, signal?: AbortSignal): AsyncIterable<T> {
    let rest = '';
    for await (const text of this.text(path, signal)) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const data = block.split('\n').find(l => l.startsWith('data: '));
        if (data) yield JSON.parse(data.slice(6)) as T;
      }
    }
  }
}

/** The sentence in an error body: a Status, KFP's error, or the text itself. */
function messageOf(text: string, status: number): string {
  try {
    const body = JSON.parse(text) as { message?: string; error?: string; error_message?: string };
    return body.message ?? body.error ?? body.error_message ?? text;
  } catch {
    return text.trim() || `HTTP ${status}`;
  }
}
