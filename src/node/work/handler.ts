import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { Frozen } from '../../kube/index.ts';
import type { Clock } from '../../lib/index.ts';
import type { Container, Handler } from '../agent/pod.ts';
import type { PodRuntime } from '../runtime.ts';

export type HandlerTarget = { uid: string; container: string; ports: Frozen<Container>['ports'] };
export type Outcome = { ok: boolean; message: string };
const MAX_OUTPUT_BYTES = 10 * 1024;

/** Runs a probe's or hook's action in a Pod. Never rejects; what takes longer than `timeoutMs` has failed. */
export async function runHandler(
  runtime: PodRuntime,
  clock: Clock,
  h: Frozen<Handler>,
  target: HandlerTarget,
  timeoutMs: number,
): Promise<Outcome> {
  const abort = new AbortController();
  const cancel = clock.after(timeoutMs, () => abort.abort(new Error('timed out')));
  try {
    return await act(runtime, clock, h, target, timeoutMs, abort.signal);
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  } finally {
    cancel();
  }
}

async function act(
  runtime: PodRuntime,
  clock: Clock,
  h: Frozen<Handler>,
  t: HandlerTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  if (h.exec) return execIn(runtime, t, h.exec.command ?? [], timeoutMs, signal);
  if (h.sleep) {
    await clock.sleep(h.sleep.seconds * 1000, signal);
    return { ok: true, message: '' };
  }
  if (h.tcpSocket) {
    const socket = await dial(runtime, t, h.tcpSocket.port, signal);
    socket.destroy();
    return { ok: true, message: '' };
  }
  if (h.httpGet) return httpGet(runtime, t, h.httpGet, timeoutMs, signal);
  return { ok: false, message: 'this node runs exec, httpGet, tcpSocket and sleep handlers only' };
}

async function execIn(
  runtime: PodRuntime,
  t: HandlerTarget,
  argv: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const session = await runtime.exec(t.uid, t.container, { argv, stdin: false, tty: false });
  const output: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer) => {
    if (bytes < MAX_OUTPUT_BYTES) output.push(chunk);
    bytes += chunk.length;
  };
  session.stdout?.on('data', take);
  session.stderr?.on('data', take);
  const late = new Promise<'late'>(resolve => signal.addEventListener('abort', () => resolve('late'), { once: true }));
  const ended = await Promise.race([session.exit, late]);
  if (ended === 'late') {
    session.kill();
    return { ok: false, message: `command timed out: "${argv.join(' ')}" timed out after ${timeoutMs / 1000}s` };
  }
  return { ok: ended.exitCode === 0, message: Buffer.concat(output).toString('utf8').slice(0, MAX_OUTPUT_BYTES) };
}

/** The number of a port that may be given by its name. */
export function portNumber(port: number | string, ports: Frozen<Container>['ports']): number {
  const found = typeof port === 'number' ? port : (ports?.find(p => p.name === port)?.containerPort ?? Number(port));
  if (!Number.isInteger(found) || found < 1 || found > 65_535) throw new Error(`couldn't find port: ${port}`);
  return found;
}
async function dial(runtime: PodRuntime, t: HandlerTarget, port: number | string, signal: AbortSignal): Promise<Duplex> {
  const dialing = runtime.dial(t.uid, portNumber(port, t.ports));
  // A connection that comes after the end of patience has nobody to close it but this.
  void dialing.then(socket => signal.aborted && socket.destroy()).catch(() => undefined);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`dial tcp :${port}: i/o timeout`)), { once: true });
  });
  late.catch(() => undefined);
  return Promise.race([dialing, late]);
}

async function httpGet(
  runtime: PodRuntime,
  t: HandlerTarget,
  get: NonNullable<Frozen<Handler>['httpGet']>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const raw = await dial(runtime, t, get.port, signal);
  const socket = get.scheme === 'HTTPS' ? connect({ socket: raw, rejectUnauthorized: false }) : raw;
  const named = Object.fromEntries((get.httpHeaders ?? []).map(h => [h.name, h.value]));
  const headers = {
    Host: get.host ?? `localhost:${portNumber(get.port, t.ports)}`,
    'User-Agent': 'kube-probe/1.36',
    Accept: '*/*',
    Connection: 'close',
    ...named,
  };
  return new Promise<Outcome>(resolve => {
    const end = (outcome: Outcome) => {
      resolve(outcome);
      socket.destroy();
    };
    const message = `Get "${get.scheme === 'HTTPS' ? 'https' : 'http'}://${headers.Host}${get.path ?? '/'}": `;
    socket.on('error', error => end({ ok: false, message: message + error.message }));
    signal.addEventListener(
      'abort',
      () => end({ ok: false, message: `${message}context deadline exceeded (${timeoutMs / 1000}s)` }),
      { once: true },
    );
    const sent = request({ createConnection: () => socket, path: get.path ?? '/', headers }, response => {
      const code = response.statusCode ?? 0;
      response.resume();
      end(
        code >= 200 && code < 400
          ? { ok: true, message: '' }
          : { ok: false, message: `HTTP probe failed with statuscode: ${code}` },
      );
    });
    sent.on('error', error => end({ ok: false, message: message + error.message }));
    sent.end();
    // A dialed connection comes paused, and a reader that only listens would wait for ever.
    raw.resume();
  });
}
