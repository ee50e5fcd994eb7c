import {
  type AdmissionDef,
  type AdmissionRequest,
  deepFreeze,
  errors,
  type FieldError,
  type Frozen,
  type Gvk,
  type Obj,
  type Observed,
  parseGvk,
  parseLabelSelector,
  StatusError,
} from '../../kube/index.ts';
import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../registry/registry.ts';
import { keyOfName, type ResourceDef, viewOf } from '../registry/resource.ts';
import type { Store } from '../store/index.ts';

export type Find = Observed['find'];
/** A built-in step: like a module's, but it may refuse with any Status. */
export type AdmissionStep = {
  name: string;
  applies(r: AdmissionRequest, def: ResourceDef): boolean;
  mutate?(r: AdmissionRequest, find: Find): Obj | undefined;
  /** @throws StatusError to refuse */
  validate?(r: AdmissionRequest, find: Find, warnings: string[]): void;
};

/** Everything that looks at a write before it is stored: built-in steps first, then the modules' in their order. */
export class Admission {
  readonly #steps: readonly AdmissionStep[];
  readonly #defs: readonly AdmissionDef[];
  readonly #log: Logger;
  readonly #store: Store;
  readonly #registry: Registry;

  constructor(o: {
    steps: readonly AdmissionStep[];
    defs: readonly AdmissionDef[];
    store: Store;
    registry: Registry;
    log: Logger;
  }) {
    this.#steps = o.steps;
    this.#defs = o.defs;
    this.#store = o.store;
    this.#registry = o.registry;
    this.#log = o.log;
  }

  /** The object after all mutations; the given one when nobody changes it. @throws StatusError */
  mutate(r: AdmissionRequest, def: ResourceDef): Obj {
    let object = r.object as Obj;
    const request = () => ({ ...r, object: deepFreeze(object) });
    for (const step of this.#steps) {
      if (step.mutate && step.applies(r, def)) object = step.mutate(request(), this.find) ?? object;
    }
    for (const admission of this.#defs) {
      if (admission.mutate && applies(admission, r))
        object = this.#guarded(admission, () => admission.mutate!(request(), this.find)) ?? object;
    }
    return object;
  }

  /** @throws StatusError of the first refusal */
  validate(r: AdmissionRequest, def: ResourceDef, warnings: string[]): void {
    for (const step of this.#steps) if (step.validate && step.applies(r, def)) step.validate(r, this.find, warnings);
    for (const admission of this.#defs) {
      if (!admission.validate || !applies(admission, r)) continue;
      const found: FieldError[] = this.#guarded(admission, () => admission.validate!(r, this.find)) ?? [];
      if (found.length > 0) throw errors.invalid(parseGvk(r.gvk), r.name, found);
    }
  }

  /** A bug in a step is the server's, not the caller's, unless the step may be ignored. */
  #guarded<T>(admission: AdmissionDef, run: () => T): T | undefined {
    try {
      return run();
    } catch (e) {
      if (e instanceof StatusError) throw e;
      this.#log.error('an admission step failed', { admission: admission.name, error: e });
      if (admission.failure === 'Ignore') return undefined;
      throw errors.internal(`failed calling webhook "${admission.name}": ${(e as Error).message}`);
    }
  }

  /** What admission may look at: the store as it is inside this transaction. */
  readonly find: Find = <C extends Obj>(
    gvk: Gvk,
    by: { name?: string; namespace?: string; labels?: string },
  ): readonly Frozen<C>[] => {
    const def = this.#registry.ofKind(gvk);
    if (!def?.storage) return [];
    if (by.name !== undefined) {
      const found = this.#store.get(def.storage, keyOfName(def, by.namespace, by.name));
      return found ? [viewOf(def, found) as Frozen<C>] : [];
    }
    const selector = parseLabelSelector(by.labels ?? '');
    const equality = selector.equality();
    const scope = by.namespace ? { namespace: by.namespace } : {};
    const index = equality && ({ kind: 'label', key: equality.key, values: equality.values } as const);
    return this.#store
      .list(def.storage, scope, Number.MAX_SAFE_INTEGER, index)
      .filter(r => selector.matches(r.object.metadata.labels))
      .map(r => viewOf(def, r) as Frozen<C>);
  };
}

function applies(admission: AdmissionDef, r: AdmissionRequest): boolean {
  return admission.rules.some(
    rule => rule.gvk === r.gvk && rule.operations.includes(r.operation) && (rule.subresource ?? '') === (r.subresource ?? ''),
  );
}
