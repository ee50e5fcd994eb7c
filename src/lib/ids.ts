import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** The only source of randomness. Tests hand over `seededIds`. */
export interface Ids {
  uuid(): string;
  /** A suffix in Kubernetes' alphabet, as `generateName` appends. @source apiserver pkg/storage/names@24a394e516bf */
  suffix(length?: number): string;
  bytes(length: number): Uint8Array;
  /** A number in [0, 1). */
  random(): number;
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

function suffixOf(bytes: Uint8Array): string {
  return Array.from(bytes, b => ALPHABET[b % ALPHABET.length]).join('');
}

export const systemIds: Ids = {
  uuid: () => randomUUID(),
  suffix: (length = 5) => suffixOf(randomBytes(length)),
  bytes: length => randomBytes(length),
  random: () => randomBytes(4).readUInt32LE() / 0x1_0000_0000,
};

/** Ids that repeat: the same seed gives the same sequence. */
export function seededIds(seed: number | string): Ids {
  let counter = 0;
  const bytes = (length: number): Uint8Array => {
    const parts: Buffer[] = [];
    for (let have = 0; have < length; have += 32) parts.push(createHash('sha256').update(`${seed}/${counter++}`).digest());
    return Buffer.concat(parts).subarray(0, length);
  };
  return {
    bytes,
    suffix: (length = 5) => suffixOf(bytes(length)),
    random: () => Buffer.from(bytes(4)).readUInt32LE() / 0x1_0000_0000,
    uuid: () => uuidFrom(bytes(16)),
  };
}

/** A version-4-shaped UUID of 16 given bytes: deterministic ids that clients accept. */
export function uuidFrom(bytes: Uint8Array): string {
  const b = Buffer.from(bytes.subarray(0, 16));
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const hex = b.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
