import { agreesWithFormat } from '../../schema/formats.ts';
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  qualifiedName,
  type TextCheck,
} from '../../validation/names.ts';
import { Opaque, Optional } from '../values.ts';
import { fn, type Overload, traverse } from './library.ts';

const F = 'kubernetes.NamedFormat';
const prefix =
  (check: TextCheck): TextCheck =>
  text =>
    check(text.replace(/-$/, 'a'));
const known =
  (format: string): TextCheck =>
  text =>
    agreesWithFormat(format, text) ? [] : [`does not match format ${format}`];
const CHECKS: Readonly<Record<string, TextCheck>> = {
  dns1123Label,
  dns1123Subdomain,
  dns1035Label,
  qualifiedName,
  dns1123LabelPrefix: prefix(dns1123Label),
  dns1123SubdomainPrefix: prefix(dns1123Subdomain),
  dns1035LabelPrefix: prefix(dns1035Label),
  labelValue,
  uri: known('uri'),
  uuid: known('uuid'),
  byte: known('byte'),
  date: known('date'),
  datetime: known('datetime'),
};

class FormatValue extends Opaque {
  readonly type = F;
  readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
  }
  equals(other: FormatValue): boolean {
    return this.name === other.name;
  }
}
function validate(format: FormatValue, text: string): Optional {
  const problems = CHECKS[format.name]!(text);
  return problems.length > 0 ? new Optional([...problems]) : Optional.none;
}

/** Formats by name. @source apiserver pkg/cel/library/format.go@24a394e516bf */
export const format: readonly Overload[] = [
  ...Object.keys(CHECKS).map(name => fn(`format.${name}(): ${F}`, () => new FormatValue(name))),
  fn(`format.named(string): optional(${F})`, (name: string) =>
    Object.hasOwn(CHECKS, name) ? new Optional(new FormatValue(name)) : Optional.none,
  ),
  fn(`${F}.validate(string): optional(list(string))`, validate, { cost: ([, n = 0]) => traverse([n]) }),
];
