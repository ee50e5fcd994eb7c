/** The few DNS packets that Pods' resolvers send: one question, answers A, PTR, SRV (RFC 1035, 2782). */
export const TYPE = { A: 1, CNAME: 5, PTR: 12, AAAA: 28, SRV: 33, ANY: 255 } as const;
export const RCODE = { ok: 0, serverFailure: 2, noSuchName: 3 } as const;
const TTL_SECONDS = 5;

export type Question = {
  id: number;
  name: string;
  type: number;
  flags: number /** the question section as it came */;
  raw: Buffer;
};

/** undefined when the packet is no plain query. */
export function parseQuestion(packet: Buffer): Question | undefined {
  if (packet.length < 17 || packet.readUInt16BE(4) !== 1) return undefined;
  const flags = packet.readUInt16BE(2);
  if (flags & 0xf800) return undefined; // an answer, or another opcode
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const size = packet[at];
    if (size === undefined || size > 63) return undefined;
    at++;
    if (size === 0) break;
    labels.push(packet.toString('latin1', at, at + size));
    at += size;
  }
  if (at + 4 > packet.length) return undefined;
  const raw = packet.subarray(12, at + 4);
  return { id: packet.readUInt16BE(0), name: labels.join('.').toLowerCase(), type: packet.readUInt16BE(at), flags, raw };
}

function encodeName(name: string): Buffer {
  const parts = name.split('.').filter(Boolean);
  return Buffer.concat([
    ...parts.map(part => Buffer.concat([Buffer.from([part.length]), Buffer.from(part, 'latin1')])),
    Buffer.from([0]),
  ]);
}

function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the question's name
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(TTL_SECONDS, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** A record of what `PodRuntime.setNames` gives: an IPv4 address, "priority weight port target", or a name. */
function recordOf(question: Question, value: string): Buffer | undefined {
  const wants = (type: number) => question.type === type || question.type === TYPE.ANY;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(value))
    return wants(TYPE.A) ? record(TYPE.A, Buffer.from(value.split('.').map(Number))) : undefined;
  const words = value.split(' ');
  if (words.length === 4) {
    if (!wants(TYPE.SRV)) return undefined;
    const head = Buffer.alloc(6);
    words.slice(0, 3).forEach((word, i) => head.writeUInt16BE(Number(word), 2 * i));
    return record(TYPE.SRV, Buffer.concat([head, encodeName(words[3]!)]));
  }
  if (question.name.endsWith('.in-addr.arpa')) return wants(TYPE.PTR) ? record(TYPE.PTR, encodeName(value)) : undefined;
  return record(TYPE.CNAME, encodeName(value));
}

/** An answer with the records that fit the question's type; none of them is an empty, successful answer. */
export function answer(question: Question, values: readonly string[], rcode: number = RCODE.ok): Buffer {
  const records = values.map(value => recordOf(question, value)).filter(r => r !== undefined);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(question.id, 0);
  head.writeUInt16BE(0x8480 | (question.flags & 0x0100) | rcode, 2); // answer, authoritative, recursion available
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, question.raw, ...records]);
}
