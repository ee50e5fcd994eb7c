import { deepFreeze, errors, type Frozen, type Obj } from '../../kube/index.ts';
import type { Ids } from '../../lib/ids.ts';
import type { ClientConfig, Post } from '../admission/index.ts';
import { apiVersionOf, hasView, type ResourceDef, setView, type Unconverted } from '../registry/resource.ts';
import { applyDefaults, prune } from '../schema/index.ts';

/** Where a definition's conversion webhook is. */
export type ConversionWebhook = { clientConfig: ClientConfig };
type Answer = {
  response?: { uid?: string; convertedObjects?: readonly Obj[]; result?: { status?: string; message?: string } };
};
const TIMEOUT_MS = 30_000;

/**
 * Objects of a custom resource in another version, by its conversion webhook. Nothing is asked for resources without one, nor
 * twice for a stored object.
 * @source apiextensions-apiserver pkg/apiserver/conversion/webhook_converter.go@1aa2717a552e
 */
export class Conversions {
  readonly #ids: Ids;
  readonly #post: Post;
  constructor(o: { ids: Ids; post: Post }) {
    this.#ids = o.ids;
    this.#post = o.post;
  }

  /** Makes sure that all of these can be viewed in the version of `def`. @throws StatusError 500 */
  async prepare(def: ResourceDef, objects: readonly Frozen<Obj>[]): Promise<void> {
    if (!def.custom?.conversion) return;
    const open = objects.filter(o => !hasView(def, o));
    if (open.length === 0) return;
    const converted = await this.#convert(def, apiVersionOf(def), open);
    const { schema } = def.custom;
    for (const [i, o] of open.entries()) {
      const shown = applyDefaults(schema, prune(schema, converted[i]!));
      setView(def, o, deepFreeze(shown) as Frozen<Obj>);
    }
  }

  /** An object in the version that is stored. @throws StatusError 500 */
  async toStorage(def: ResourceDef, o: Obj): Promise<Obj> {
    return (await this.#convert(def, def.storageApiVersion, [o as Frozen<Obj>]))[0]!;
  }

  /** What somebody wanted to see and could not yet. */
  async resolve({ def, object }: Unconverted): Promise<void> {
    await this.prepare(def, [object]);
  }

  async #convert(def: ResourceDef, desiredAPIVersion: string, objects: readonly Frozen<Obj>[]): Promise<Obj[]> {
    const failed = (why: string) =>
      errors.internal(`conversion webhook for ${objects[0]!.apiVersion}, Kind=${def.kind} failed: ${why}`);
    const uid = this.#ids.uuid();
    const review = {
      kind: 'ConversionReview',
      apiVersion: 'apiextensions.k8s.io/v1',
      request: { uid, desiredAPIVersion, objects },
    };
    let answer: Answer;
    try {
      answer = (await this.#post(def.custom!.conversion!.clientConfig, review, TIMEOUT_MS)) as Answer;
    } catch (e) {
      throw failed((e as Error).message);
    }
    const { response } = answer ?? {};
    if (response?.uid !== uid) throw failed('the response is not for this request');
    if (response.result?.status !== 'Success') throw failed(response.result?.message || 'no reason given');
    const converted = response.convertedObjects ?? [];
    if (converted.length !== objects.length)
      throw failed(`expected ${objects.length} converted objects, got ${converted.length}`);
    return objects.map((before, i) => {
      const after = converted[i]!;
      if (after.apiVersion !== desiredAPIVersion || after.kind !== before.kind)
        throw failed(`expected ${desiredAPIVersion}, Kind=${before.kind}, got ${after.apiVersion}, Kind=${after.kind}`);
      return withMetadata(after, before);
    });
  }
}

/** Of the metadata only labels and annotations may change. */
function withMetadata(after: Obj, before: Frozen<Obj>): Obj {
  const { labels: _, annotations: __, ...metadata } = before.metadata as Obj['metadata'];
  const { labels, annotations } = after.metadata ?? {};
  return { ...after, metadata: { ...metadata, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) } };
}
