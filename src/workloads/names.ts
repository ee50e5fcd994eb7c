import type { Frozen, Obj } from '../kube/index.ts';
import { canonicalJson, fnv32a, sha256Hex } from '../lib/index.ts';

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A suffix in Kubernetes' alphabet that follows from its seed: plans repeat, so do names. */
export function suffixOf(seed: string, length = 5): string {
  const bytes = Buffer.from(sha256Hex(seed), 'hex');
  return Array.from(bytes.subarray(0, length), b => ALPHABET[b % ALPHABET.length]).join('');
}

/**
 * `count` names `{name}[-{part}]-{suffix}` for children of an owner: the same ones until the owner changes, so that a plan
 * whose answer was lost makes no second child; then others, since a Pod that went keeps its name for what still counts it
 * (a disruption budget does for two minutes). Long bases are cut to 57 characters.
 */
export function freeNames(owner: Frozen<Obj>, taken: ReadonlySet<string>, count: number, part = ''): string[] {
  const { name, uid, resourceVersion } = owner.metadata;
  const base = `${name}${part && `-${part}`}`.slice(0, 57);
  const names: string[] = [];
  for (let n = 0; names.length < count; n++) {
    const free = `${base}-${suffixOf(`${uid}/${resourceVersion}/${part}/${n}`)}`;
    if (!taken.has(free)) names.push(free);
  }
  return names;
}

/** The hash of a Pod template, as it stands in `pod-template-hash`. */
export function templateHash(template: unknown): string {
  return Array.from(String(fnv32a(canonicalJson(template))), digit => ALPHABET[Number(digit)]).join('');
}
