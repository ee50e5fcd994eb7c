import { connect, type Socket } from 'node:net';
import { type Duplex, PassThrough, Writable } from 'node:stream';
import type { ExecSession } from '../../kube/transport.ts';
import type { AttachedInput, ContainerFact } from '../runtime.ts';
import { RuntimeError } from './errors.ts';
import { encodeMessage, type Field, readMessages } from './wire.ts';

/** A container's fact out of a message or a status file. */
export function containerFact(fields: readonly Buffer[]): ContainerFact | undefined {
  const [state, name, attempt, startedAt, finishedAt, exitCode, signal, oom, startError, message] = fields.map(String);
  if (!name || (state !== 'running' && state !== 'exited')) return undefined;
  const fact: ContainerFact = { name, attempt: Number(attempt), state, startedAt: startedAt! };
  if (state === 'running') return fact;
  fact.finishedAt = finishedAt!;
  fact.exitCode = Number(exitCode);
  if (Number(signal)) fact.signal = Number(signal);
  if (oom === '1') fact.oomKilled = true;
  if (startError) fact.startError = startError;
  if (message) fact.terminationMessage = message;
  return fact;
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** The connection over which a supervisor tells its containers' facts and is told to stop them. */
export class SupervisorWatch {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves when all facts up to now have been told. Rejects when no supervisor listens. */
  static async open(path: string, onFact: (fact: ContainerFact) => void, onEnd: () => void): Promise<SupervisorWatch> {
    const socket = await connected(path);
    const watch = new SupervisorWatch(socket);
    await new Promise<void>((resolve, reject) => {
      let synced = false;
      readMessages(socket, fields => {
        if (String(fields[0]) === 'synced') {
          synced = true;
          resolve();
          return;
        }
        const fact = containerFact(fields);
        if (fact) onFact(fact);
      });
      socket.on('error', () => undefined); // 'close' follows
      socket.once('end', () => socket.destroy());
      socket.once('close', () => (synced ? onEnd() : reject(new Error('the supervisor hung up'))));
      socket.write(encodeMessage(['watch']));
    });
    return watch;
  }

  stop(container: string, graceMs: number, signal: number): void {
    this.#socket.write(encodeMessage(['stop', container, graceMs, signal]));
  }
  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }
}

/** Runs a command in a container. Closing the connection kills it. @throws RuntimeError ExecFailed */
export async function openExec(
  path: string,
  container: string,
  spec: { argv: readonly string[]; stdin: boolean; tty: boolean },
): Promise<ExecSession> {
  const socket = await connected(path);
  const stdout = new PassThrough();
  const stderr = spec.tty ? undefined : new PassThrough();
  const exit = Promise.withResolvers<{ exitCode: number }>();
  const started = Promise.withResolvers<void>();
  exit.promise.catch(() => undefined);
  const push = (stream: PassThrough | undefined, data: Buffer) => {
    if (!stream || stream.write(Buffer.from(data))) return;
    socket.pause(); // the session blocks, then the command
    stream.once('drain', () => socket.resume());
  };
  readMessages(socket, ([what, data]) => {
    const verb = String(what);
    if (verb === 'out') push(stdout, data!);
    else if (verb === 'err') push(stderr, data!);
    else if (verb === 'started') started.resolve();
    else if (verb === 'error') started.reject(new RuntimeError('ExecFailed', String(data)));
    else if (verb === 'exit') exit.resolve({ exitCode: Number(data) });
  });
  socket.on('error', () => undefined);
  socket.once('end', () => socket.end());
  socket.once('close', () => {
    started.reject(new RuntimeError('ExecFailed', 'the supervisor hung up'));
    exit.resolve({ exitCode: 137 }); // settled before, unless the Pod or its session was killed
    stdout.end();
    stderr?.end();
  });
  socket.write(encodeMessage(['exec', container, spec.stdin ? 1 : 0, spec.tty ? 1 : 0, ...spec.argv]));
  await started.promise;
  return {
    ...(spec.stdin ? { stdin: inputOf(socket) } : {}),
    stdout,
    ...(stderr ? { stderr } : {}),
    resize: (columns, rows) => void socket.write(encodeMessage(['resize', columns, rows])),
    exit: exit.promise,
    kill: () => void socket.destroy(),
  };
}

/** The standard input of a running container. @throws RuntimeError AttachFailed */
export async function openAttach(path: string, container: string, once: boolean): Promise<AttachedInput> {
  const socket = await connected(path);
  const started = Promise.withResolvers<void>();
  readMessages(socket, ([verb, data]) => {
    if (String(verb) === 'started') started.resolve();
    else started.reject(new RuntimeError('AttachFailed', String(data)));
  });
  socket.on('error', () => undefined);
  socket.once('end', () => socket.end());
  socket.once('close', () => started.reject(new RuntimeError('AttachFailed', 'the supervisor hung up')));
  socket.write(encodeMessage(['attach', container, once ? 1 : 0]));
  await started.promise;
  return {
    stdin: inputOf(socket),
    resize: (columns, rows) => void socket.write(encodeMessage(['resize', columns, rows])),
    close: () => void socket.destroy(),
  };
}

/** What is written goes to the session; without one any more it is discarded. */
function inputOf(socket: Socket): Writable {
  const send = (fields: Field[], done: () => void) => {
    if (socket.writable) socket.write(encodeMessage(fields), () => done());
    else done();
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => send(['in', chunk], done),
    final: done => send(['eof'], done),
  });
}

/** A connection to a port on the Pod's own loopback, carried by its supervisor. @throws RuntimeError DialFailed */
export async function openDial(path: string, port: number): Promise<Duplex> {
  const socket = await connected(path);
  await new Promise<void>((resolve, reject) => {
    const hangUp = () => reject(new RuntimeError('DialFailed', 'the supervisor hung up'));
    socket.once('close', hangUp);
    const stop = readMessages(socket, ([verb, why]) => {
      socket.off('close', hangUp);
      socket.pause();
      const rest = stop();
      if (rest.length) socket.unshift(rest);
      if (String(verb) === 'ok') return resolve();
      socket.destroy();
      reject(new RuntimeError('DialFailed', String(why)));
    });
    socket.on('error', () => undefined);
    socket.write(encodeMessage(['dial', port]));
  });
  return socket;
}
