import { collections } from './collections.ts';
import { conversions } from './conversions.ts';
import { format } from './format.ts';
import type { Overload } from './library.ts';
import { network } from './network.ts';
import { operators } from './operators.ts';
import { optionals } from './optionals.ts';
import { quantities } from './quantity.ts';
import { regex } from './regex.ts';
import { semvers } from './semver.ts';
import { strings } from './strings.ts';
import { time } from './time.ts';
import { urls } from './urls.ts';

/** A function by name: `isSorted` as a method, `sets.contains` as a function. */
export class Library {
  readonly #functions = new Map<string, Overload[]>();
  readonly #methods = new Map<string, Overload[]>();
  constructor(overloads: Iterable<Overload>) {
    for (const o of overloads) {
      const table = o.isMethod ? this.#methods : this.#functions;
      table.set(o.name, [...(table.get(o.name) ?? []), o]);
    }
  }
  functions(name: string): readonly Overload[] {
    return this.#functions.get(name) ?? [];
  }
  methods(name: string): readonly Overload[] {
    return this.#methods.get(name) ?? [];
  }
}

/** CEL's own functions and those of Kubernetes. @source apiserver pkg/cel/environment/base.go@24a394e516bf */
export const OVERLOADS: readonly Overload[] = [
  ...operators,
  ...conversions,
  ...time,
  ...strings,
  ...regex,
  ...collections,
  ...optionals,
  ...urls,
  ...quantities,
  ...network,
  ...format,
  ...semvers,
];
