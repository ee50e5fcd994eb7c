import { deepFreeze, type Frozen, type Obj } from '../../kube/index.ts';

export type Operation = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One revision of one object: the stored bytes and the frozen object, each made of the other when first asked for. */
export class Revision {
  readonly rv: number;
  readonly key: string;
  #object: Frozen<Obj> | undefined;
  #bytes: Uint8Array | undefined;

  constructor(rv: number, key: string, from: { object: Frozen<Obj> } | { bytes: Uint8Array }) {
    this.rv = rv;
    this.key = key;
    if ('object' in from) this.#object = from.object;
    else this.#bytes = from.bytes;
  }
  get object(): Frozen<Obj> {
    this.#object ??= deepFreeze(JSON.parse(Buffer.from(this.bytes).toString('utf8')) as Obj);
    return this.#object;
  }
  get bytes(): Uint8Array {
    this.#bytes ??= Buffer.from(JSON.stringify(this.#object));
    return this.#bytes;
  }
}

/** apiVersion, kind and metadata first, so that the stored bytes begin alike; resourceVersion first of metadata. */
export function withRevision(object: Obj | Frozen<Obj>, rv: number): Obj {
  const { apiVersion, kind, metadata, ...rest } = object as Obj;
  const { name, namespace, resourceVersion: _, ...others } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { resourceVersion: String(rv), name, ...(namespace ? { namespace } : {}), ...others },
    ...rest,
  };
}

/** The most recently used revisions, parsed and shared. */
export class RevisionCache {
  readonly #limit: number;
  readonly #map = new Map<number, Revision>();
  constructor(limit: number) {
    this.#limit = limit;
  }
  get(rv: number): Revision | undefined {
    return this.#map.get(rv);
  }
  add(revision: Revision): void {
    this.#map.set(revision.rv, revision);
    // Insertion order stands in for use: what is read often is also written often, and a miss costs one parse.
    if (this.#map.size > this.#limit) this.#map.delete(this.#map.keys().next().value!);
  }
  delete(rv: number): void {
    this.#map.delete(rv);
  }
}
