import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Ids } from '../../lib/ids.ts';

const NONCE = 12;
const TAG = 16;

/** AES-256-GCM: nonce, tag, ciphertext. */
export function seal(key: Uint8Array, plain: Uint8Array, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** @throws Error when the key is wrong or the bytes were changed */
export function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE));
  decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
}

/** Bodies at rest: each object has a data key of its own, wrapped by the master key. Without its row nobody reads them again. */
export class Vault {
  readonly #master: Uint8Array;
  readonly #ids: Ids;
  constructor(master: Uint8Array, ids: Ids) {
    this.#master = master;
    this.#ids = ids;
  }
  newKey(): { key: Uint8Array; wrapped: Uint8Array } {
    const key = this.#ids.bytes(32);
    return { key, wrapped: seal(this.#master, key, this.#ids.bytes(NONCE)) };
  }
  unwrap(wrapped: Uint8Array): Uint8Array {
    return unseal(this.#master, wrapped);
  }
  seal(key: Uint8Array, plain: Uint8Array): Uint8Array {
    return seal(key, plain, this.#ids.bytes(NONCE));
  }
  unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array {
    return unseal(key, sealed);
  }
}
