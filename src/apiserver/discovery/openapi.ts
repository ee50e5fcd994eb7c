import { type OpenApiResource, openApiHash, openApiRoot, openApiV2, openApiV2Protobuf, openApiV3 } from '../openapi/index.ts';
import type { Registry } from '../registry/registry.ts';
import { apiVersionOf, type ResourceDef } from '../registry/resource.ts';

function described(def: ResourceDef): OpenApiResource {
  return {
    plural: def.plural,
    kind: def.kind,
    namespaced: def.namespaced,
    verbs: def.verbs,
    subresources: def.subresources.map(s => ({
      name: s.name,
      gvk: `${apiVersionOf(s)}/${s.kind}` as `${string}/${string}`,
      verbs: s.verbs,
    })),
    ...(def.custom ? { schema: def.custom.schema } : {}),
  };
}

/** OpenAPI documents of what is served, each made when first asked for and kept until its resources change. */
export class OpenApi {
  readonly #registry: Registry;
  readonly #texts = new Map<string, { hash: string; bytes: Uint8Array }>();
  #epoch = -1;
  #byVersion = new Map<string, OpenApiResource[]>();
  #root: object = {};
  readonly #v2 = new Map<boolean, { epoch: number; bytes: Uint8Array }>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  #refresh(): void {
    if (this.#epoch === this.#registry.epoch) return;
    this.#epoch = this.#registry.epoch;
    this.#byVersion = new Map();
    for (const [group, versions] of this.#registry.groups) {
      for (const [version, resources] of versions)
        this.#byVersion.set(apiVersionOf({ group, version }), [...resources.values()].map(described));
    }
    this.#root = openApiRoot(this.#byVersion) as object;
  }

  /** `/openapi/v2`, as protobuf for kubectl or as JSON; made anew after each change of what is served. */
  v2(isProtobuf: boolean): Uint8Array {
    this.#refresh();
    const known = this.#v2.get(isProtobuf);
    if (known?.epoch === this.#epoch) return known.bytes;
    const bytes = isProtobuf ? openApiV2Protobuf(this.#byVersion) : Buffer.from(JSON.stringify(openApiV2(this.#byVersion)));
    this.#v2.set(isProtobuf, { epoch: this.#epoch, bytes });
    return bytes;
  }

  root(): object {
    this.#refresh();
    return this.#root;
  }

  /** The document below `/openapi/v3/` and its hash. */
  document(path: string): { hash: string; bytes: Uint8Array } | undefined {
    this.#refresh();
    const groupVersion = path.replace(/^apis?\//, '');
    const resources = this.#byVersion.get(groupVersion);
    if (!resources) return undefined;
    const hash = openApiHash(groupVersion, resources);
    let text = this.#texts.get(groupVersion);
    if (text?.hash !== hash)
      this.#texts.set(groupVersion, (text = { hash, bytes: Buffer.from(JSON.stringify(openApiV3(groupVersion, resources))) }));
    return text;
  }
}
