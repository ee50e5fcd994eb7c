import { canonicalJson, fnv32a, sha256Hex } from '../lib/index.ts';

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A suffix in Kubernetes' alphabet that follows from its seed: plans repeat, so do names. */
export function suffixOf(seed: string, length = 5): string {
  const bytes = Buffer.from(sha256Hex(seed), 'hex');
  return Array.from(bytes.subarray(0, length), b => ALPHABET[b % ALPHABET.length]).join('');
}

/** `count` names `{base}-{suffix}` that are not taken: the same ones until they are. Long bases are cut to 57 characters. */
export function freeNames(base: string, seed: string, taken: ReadonlySet<string>, count: number): string[] {
  const names: string[] = [];
  for (let n = 0; names.length < count; n++) {
    const name = `${base.slice(0, 57)}-${suffixOf(`${seed}/${n}`)}`;
    if (!taken.has(name)) names.push(name);
  }
  return names;
}

/** The hash of a Pod template, as it stands in `pod-template-hash`. */
export function templateHash(template: unknown): string {
  return Array.from(String(fnv32a(canonicalJson(template))), digit => ALPHABET[Number(digit)]).join('');
}
