import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openBlobs, openSql } from '../../../data/index.ts';
import { type Client, errors, type ModuleEnv, type Obj, type Write } from '../../../kube/index.ts';
import { MemoryApi } from '../../../kube/testing/memory-client.ts';
import { seededIds, silentLogger, VirtualClock } from '../../../lib/index.ts';
import { metadataTables } from '../../../metadata/index.ts';
import { answerOf, Router, readBody, readJson, writeAnswer } from '../../../net/index.ts';
import { nodeTables } from '../../api/node.ts';
import { httpTables, routes } from '../index.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
export type Answer = { status: number; json: any; text: string; headers: Headers };
export type Rest = {
  env: ModuleEnv;
  api: MemoryApi;
  clock: VirtualClock;
  /** What the caller may not do: `verb resource`. */
  denied: Set<string>;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  upload(path: string, fileName: string, content: Uint8Array | string, field?: string): Promise<Answer>;
  url: string;
  /** What the API server answers to a request for a log. */
  log: Client['log'];
};

/** The REST API over a real ledger and blob store, real HTTP, and an API server in memory. */
export async function startRest(t: TestContext): Promise<Rest> {
  const home = mkdtempSync(join(tmpdir(), 'skiff-rest-'));
  const migrations = [...metadataTables, ...nodeTables, ...httpTables];
  const ledger = await openSql({ path: join(home, 'ledger.db'), migrations, log: silentLogger });
  const ids = seededIds('rest');
  const clock = new VirtualClock();
  const api = new MemoryApi();
  const denied = new Set<string>();
  const client = stampingClient(api.client(), ids.uuid, clock, denied, (...asked) => rest.log(...asked));
  const env: ModuleEnv = {
    client,
    ledger,
    blobs: openBlobs({ folder: join(home, 'artifacts'), sql: ledger, ids, clock }),
    clock,
    ids,
    log: silentLogger,
  };
  const router = new Router(routes(env));
  const server = createServer(async (raw, response) => {
    const url = new URL(raw.url!, 'http://localhost');
    const gone = new AbortController();
    response.on('close', () => gone.abort(new Error('the client has gone')));
    const found = router.find(raw.method!, url.pathname);
    if (typeof found !== 'object') return void response.writeHead(404).end();
    const request = {
      method: raw.method!,
      params: found.params,
      query: url.searchParams,
      headers: raw.headers,
      user: client.user,
      client,
      signal: gone.signal,
      bytes: (limit?: number) => readBody(raw, limit),
      json: (limit?: number) => readJson(raw, limit),
      raw,
    };
    const answer = await found.route.handle(request).catch(e => answerOf(e, found.route, silentLogger));
    await writeAnswer(response, answer, gone.signal).catch(() => response.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await ledger.close();
    rmSync(home, { recursive: true });
  });
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      // plain text
    }
    return { status: response.status, json, text, headers: response.headers };
  };
  const rest: Rest = {
    env,
    api,
    clock,
    denied,
    url,
    call: (method, path, body) =>
      send(path, { method, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) }),
    upload(path, fileName, content, field = 'uploadfile') {
      const form = new FormData();
      form.set(field, new Blob([content as Uint8Array<ArrayBuffer> | string]), fileName);
      return send(path, { method: 'POST', body: form });
    },
    log: async () => {
      throw errors.unavailable('no node');
    },
  };
  return rest;
}

/** Stamps new objects as an API server does, and denies what the test says. */
function stampingClient(
  inner: Client,
  uuid: () => string,
  clock: VirtualClock,
  denied: ReadonlySet<string>,
  log: Client['log'],
): Client {
  const stamp = (o: Obj): Obj => ({
    ...o,
    metadata: { uid: uuid(), creationTimestamp: `${clock.now().toISOString().slice(0, 19)}Z`, ...o.metadata },
  });
  const write = (w: Write) => inner.write(w.verb === 'create' ? { ...w, object: stamp(w.object) } : w);
  const can = async (verb: string, what: object) => !('resource' in what && denied.has(`${verb} ${what.resource}`));
  return new Proxy(inner, {
    get: (target, name) => {
      if (name === 'write') return write;
      if (name === 'can') return can;
      if (name === 'log') return log;
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** A pipeline with one step and two parameters. */
export function helloPipeline(name = 'hello'): Record<string, unknown> {
  return {
    pipelineInfo: { name },
    schemaVersion: '2.1.0',
    sdkVersion: 'kfp-2.17.0',
    components: {
      'comp-say': { executorLabel: 'exec-say', inputDefinitions: { parameters: { text: { parameterType: 'STRING' } } } },
    },
    deploymentSpec: {
      executors: { 'exec-say': { container: { image: 'alpine', command: ['echo'], args: ["{{$.inputs.parameters['text']}}"] } } },
    },
    root: {
      inputDefinitions: {
        parameters: {
          text: { parameterType: 'STRING' },
          times: { parameterType: 'NUMBER_INTEGER', defaultValue: 1, isOptional: true },
        },
      },
      dag: {
        tasks: {
          say: {
            taskInfo: { name: 'say' },
            componentRef: { name: 'comp-say' },
            inputs: { parameters: { text: { componentInputParameter: 'text' } } },
          },
        },
      },
    },
  };
}
