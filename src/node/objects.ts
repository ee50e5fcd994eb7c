import { type Client, type Frozen, isReason, type Obj } from '../kube/index.ts';

export type DataObject = Obj & { data?: Record<string, string>; binaryData?: Record<string, string> };
export type DataKind = 'ConfigMap' | 'Secret';

/** Reads a start needs, each object once: a ConfigMap that is in a volume and in the environment is fetched once. */
export class ObjectReader {
  readonly #client: Client;
  readonly #namespace: string;
  readonly #seen = new Map<string, Promise<Frozen<Obj> | undefined>>();
  constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }
  get namespace(): string {
    return this.#namespace;
  }
  /** Undefined when it does not exist. */
  get<T extends Obj>(
    kind: string,
    name: string,
    namespace: string | undefined = this.#namespace,
  ): Promise<Frozen<T> | undefined> {
    const id = `${kind}/${name}`;
    const seen = this.#seen.get(id) as Promise<Frozen<T> | undefined> | undefined;
    if (seen) return seen;
    const found = this.#client
      .get<T>({ apiVersion: 'v1', kind, name, ...(namespace === undefined ? {} : { namespace }) })
      .catch(error => {
        if (isReason(error, 'NotFound')) return undefined;
        throw error;
      });
    this.#seen.set(id, found as Promise<Frozen<Obj> | undefined>);
    return found;
  }
  clusterWide<T extends Obj>(kind: string, name: string): Promise<Frozen<T> | undefined> {
    return this.#client
      .get<T>({ apiVersion: 'v1', kind, name })
      .catch(error => (isReason(error, 'NotFound') ? undefined : Promise.reject(error)));
  }
  /** Contents by key as bytes; undefined when the object does not exist. */
  async data(kind: DataKind, name: string): Promise<Map<string, Buffer> | undefined> {
    const object = await this.get<DataObject>(kind, name);
    if (!object) return undefined;
    const entries = new Map<string, Buffer>();
    const encoding = kind === 'Secret' ? 'base64' : 'utf8';
    for (const [k, v] of Object.entries(object.data ?? {})) entries.set(k, Buffer.from(v, encoding));
    for (const [k, v] of Object.entries(object.binaryData ?? {})) entries.set(k, Buffer.from(v, 'base64'));
    return entries;
  }
  /** The revision that `data` was read from. */
  async version(kind: string, name: string): Promise<string | undefined> {
    return (await this.get(kind, name))?.metadata.resourceVersion;
  }
}
