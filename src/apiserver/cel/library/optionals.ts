import { CelError, Optional } from '../values.ts';
import { fn, type Overload } from './library.ts';

const isZero = (v: unknown) =>
  v === null ||
  v === false ||
  v === '' ||
  v === 0 ||
  v === 0n ||
  (Array.isArray(v) && v.length === 0) ||
  (v instanceof Map && v.size === 0);

/** Optional values; `optMap` and `optFlatMap` are macros. @source cel-go cel/library.go OptionalTypes */
export const optionals: readonly Overload[] = [
  fn('optional.of(T): optional(T)', (v: unknown) => new Optional(v)),
  fn('optional.ofNonZeroValue(T): optional(T)', (v: unknown) => (isZero(v) ? Optional.none : new Optional(v))),
  fn('optional.none(): optional(T)', () => Optional.none),
  fn('optional(T).hasValue(): bool', (o: Optional) => o.isPresent),
  fn('optional(T).value(): T', (o: Optional) => {
    if (!o.isPresent) throw new CelError('optional.none() dereference');
    return o.value;
  }),
  fn('optional(T).or(optional(T)): optional(T)', (o: Optional, other: Optional) => (o.isPresent ? o : other)),
  fn('optional(T).orValue(T): T', (o: Optional, other: unknown) => (o.isPresent ? o.value : other)),
];
