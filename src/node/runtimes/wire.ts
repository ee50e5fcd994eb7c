import type { Socket } from 'node:net';

/** Messages of the native program: u32 length, then fields of (u32 length, bytes, NUL), little-endian. @see native/wire.c */
export type Field = string | number | Uint8Array;

/** One message as bytes. */
export function encodeMessage(fields: readonly Field[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(4)];
  let size = 0;
  for (const field of fields) {
    const bytes =
      typeof field === 'object' ? Buffer.from(field.buffer, field.byteOffset, field.byteLength) : Buffer.from(String(field));
    const part = Buffer.allocUnsafe(bytes.length + 5);
    part.writeUInt32LE(bytes.length, 0);
    bytes.copy(part, 4);
    part[part.length - 1] = 0;
    parts.push(part);
    size += part.length;
  }
  parts[0]!.writeUInt32LE(size, 0);
  return Buffer.concat(parts, size + 4);
}

/** The fields of one whole message, as a file (`spec`, `*.status`) or a socket carries it; undefined when it is not whole. */
export function decodeMessage(bytes: Buffer): Buffer[] | undefined {
  if (bytes.length < 4 || bytes.length < 4 + bytes.readUInt32LE(0)) return undefined;
  const end = 4 + bytes.readUInt32LE(0);
  const fields: Buffer[] = [];
  for (let at = 4; at + 5 <= end; ) {
    const size = bytes.readUInt32LE(at);
    if (at + 5 + size > end) return undefined;
    fields.push(bytes.subarray(at + 4, at + 4 + size));
    at += size + 5;
  }
  return fields;
}

/** Calls back with every message that arrives. The returned function stops and gives what was read beyond the last one. */
export function readMessages(socket: Socket, onMessage: (fields: Buffer[]) => void): () => Buffer {
  let pending: Buffer[] = [];
  let size = 0;
  let stopped = false;
  const onData = (chunk: Buffer) => {
    pending.push(chunk);
    size += chunk.length;
    let bytes = pending.length === 1 ? chunk : undefined;
    while (!stopped && size >= 4) {
      bytes ??= Buffer.concat(pending, size);
      const total = 4 + bytes.readUInt32LE(0);
      if (size < total) break;
      const fields = decodeMessage(bytes);
      bytes = bytes.subarray(total);
      pending = [bytes];
      size = bytes.length;
      if (fields) onMessage(fields);
    }
    if (bytes) pending = [bytes];
  };
  socket.on('data', onData);
  return () => {
    stopped = true;
    socket.off('data', onData);
    return Buffer.concat(pending, size);
  };
}
