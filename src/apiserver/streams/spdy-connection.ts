import { Duplex } from 'node:stream';
import { HeaderCodec } from './spdy-headers.ts';

const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const FIN = 1;
const HEAD_BYTES = 8;
const MAX_DATA = 1 << 16;

/** One stream of a connection: readable until the client's FIN, writable until ours. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #connection: SpdyConnection;
  constructor(id: number, headers: Readonly<Record<string, string>>, connection: SpdyConnection) {
    super();
    this.id = id;
    this.headers = headers;
    this.#connection = connection;
  }
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: (e?: Error | null) => void): void {
    for (let at = 0; at < chunk.byteLength; at += MAX_DATA)
      this.#connection.sendData(this.id, chunk.subarray(at, at + MAX_DATA), false);
    this.#connection.whenWritable(done);
  }
  override _final(done: (e?: Error | null) => void): void {
    this.#connection.sendData(this.id, Buffer.alloc(0), true);
    done();
  }
}

/**
 * The server's side of SPDY/3.1 over any byte stream, as far as kubectl needs it: streams that the client opens, data, FIN,
 * RST, PING and GOAWAY. Kubernetes' clients have no flow control, so nor has this beyond the carrier's own.
 */
export class SpdyConnection {
  readonly #carrier: Duplex;
  readonly #codec = new HeaderCodec();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #onStream: (stream: SpdyStream) => void;
  #buffer = Buffer.alloc(0);
  #chain: Promise<void> = Promise.resolve();

  constructor(carrier: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#carrier = carrier;
    this.#onStream = onStream;
    carrier.on('data', (chunk: Buffer) => this.#take(chunk));
    carrier.on('close', () => {
      for (const stream of this.#streams.values()) stream.destroy();
      this.#codec.close();
    });
    carrier.on('error', () => carrier.destroy());
  }

  close(): void {
    this.#chain = this.#chain.then(() => void this.#carrier.end());
  }
  onClose(listener: () => void): void {
    this.#carrier.on('close', listener);
  }

  sendData(id: number, data: Buffer, isLast: boolean): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(id, 0);
    head.writeUInt32BE(((isLast ? FIN : 0) << 24) | data.byteLength, 4);
    this.#write(Buffer.concat([head, data]));
  }
  whenWritable(done: () => void): void {
    if (this.#carrier.writableNeedDrain) this.#carrier.once('drain', done);
    else done();
  }

  #write(bytes: Buffer): void {
    if (this.#carrier.writable) this.#carrier.write(bytes);
  }
  #control(type: number, body: Buffer): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt16BE(0x8003, 0);
    head.writeUInt16BE(type, 2);
    head.writeUInt32BE(body.byteLength, 4);
    this.#write(Buffer.concat([head, body]));
  }

  /** Frames come split anywhere; they are handled in order, since header blocks share one state. */
  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    while (this.#buffer.byteLength >= HEAD_BYTES) {
      const length = this.#buffer.readUInt32BE(4) & 0xffffff;
      if (this.#buffer.byteLength < HEAD_BYTES + length) return;
      const frame = this.#buffer.subarray(0, HEAD_BYTES + length);
      this.#buffer = this.#buffer.subarray(HEAD_BYTES + length);
      this.#chain = this.#chain.then(() => this.#frame(frame)).catch(() => void this.#carrier.destroy());
    }
  }

  async #frame(frame: Buffer): Promise<void> {
    const flags = frame[4]!;
    const body = frame.subarray(HEAD_BYTES);
    if ((frame[0]! & 0x80) === 0) return this.#data(frame.readUInt32BE(0) & 0x7fffffff, body, (flags & FIN) !== 0);
    switch (frame.readUInt16BE(2)) {
      case SYN_STREAM:
        return await this.#open(body, (flags & FIN) !== 0);
      case RST_STREAM:
        this.#streams.get(body.readUInt32BE(0) & 0x7fffffff)?.destroy();
        return;
      case PING:
        return this.#control(PING, body);
      case GOAWAY:
        this.#carrier.end();
        return;
      default:
      // SETTINGS, WINDOW_UPDATE, HEADERS: nothing that we do depends on them.
    }
  }

  #data(id: number, data: Buffer, isLast: boolean): void {
    const stream = this.#streams.get(id);
    if (data.byteLength > 0) stream?.push(data);
    if (isLast) stream?.push(null);
  }

  async #open(body: Buffer, isLast: boolean): Promise<void> {
    const id = body.readUInt32BE(0) & 0x7fffffff;
    const stream = new SpdyStream(id, await this.#codec.decode(body.subarray(10)), this);
    // What a stream that the client has left still had to say is nobody's concern.
    stream.on('error', () => {});
    this.#streams.set(id, stream);
    stream.on('close', () => this.#streams.delete(id));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(id);
    this.#control(SYN_REPLY, Buffer.concat([head, await this.#codec.encode({})]));
    if (isLast) stream.push(null);
    this.#onStream(stream);
  }
}
