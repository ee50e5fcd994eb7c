import type { ApiRequest, Obj } from '../../kube/index.ts';

/** Thrown out of a transaction that needs an answer from outside first: it is entered again when `ask` has resolved. */
export class AskFirst extends Error {
  readonly ask: () => Promise<void>;
  constructor(ask: () => Promise<void>) {
    super('an answer from outside is needed');
    this.ask = ask;
  }
}

/** What webhooks said to one write on one revision; the write goes on from there. */
export class Outside {
  readonly rv: number;
  /** The object after all mutations. */
  object: Obj | undefined;
  #stored: Obj | undefined;
  #isMutated = false;
  #isValidated = false;
  constructor(rv: number) {
    this.rv = rv;
  }
  get isMutated(): boolean {
    return this.#isMutated;
  }
  /** @throws AskFirst until `ask` was asked */
  mutated(ask: () => Promise<Obj | undefined>): Obj | undefined {
    if (this.#isMutated) return this.object;
    throw new AskFirst(async () => {
      this.object = await ask();
      this.#isMutated = true;
    });
  }
  /** The object of the first run. */
  keep(object: Obj): Obj {
    this.#isMutated = true;
    this.object ??= object;
    return this.object;
  }
  /** The object as it is stored. @throws AskFirst until `ask` was asked */
  stored(ask: () => Promise<Obj>): Obj {
    if (this.#stored) return this.#stored;
    throw new AskFirst(async () => {
      this.#stored = await ask();
    });
  }
  /** @throws AskFirst until `ask` was asked */
  validated(ask: () => Promise<void>): void {
    if (this.#isValidated) return;
    throw new AskFirst(async () => {
      await ask();
      this.#isValidated = true;
    });
  }
}

const writes = new WeakMap<ApiRequest, Map<string, Outside>>();

/** The answers for a write of this request; fresh ones when the object is no longer the one that was judged. */
export function outsideOf(request: ApiRequest, key: string, rv: number): Outside {
  const known = writes.get(request) ?? new Map<string, Outside>();
  writes.set(request, known);
  let outside = known.get(key);
  if (!outside || outside.rv !== rv) known.set(key, (outside = new Outside(rv)));
  return outside;
}
/** Forgets an answer: a generated name is drawn again. */
export function forgetOutside(request: ApiRequest, key: string): void {
  writes.get(request)?.delete(key);
}
