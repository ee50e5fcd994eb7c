import { Opaque } from '../values.ts';
import { fn, type Overload } from './library.ts';

/** What an expression asks the authorizer for. */
export type Asked = {
  verb: string;
  path?: string;
  group?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
};
/** Whether a user may; `undefined` asks for the user of the request. */
export type Can = (asked: Asked, account: { namespace: string; name: string } | undefined) => boolean;

const A = 'kubernetes.authorization.Authorizer';
const P = 'kubernetes.authorization.PathCheck';
const G = 'kubernetes.authorization.GroupCheck';
const R = 'kubernetes.authorization.ResourceCheck';
const D = 'kubernetes.authorization.Decision';
/** An access check costs as much as a great deal of looking. */
const CHECK_COST = 350_000;

class Authz extends Opaque {
  readonly type: string;
  readonly can: Can;
  readonly account: { namespace: string; name: string } | undefined;
  readonly asked: Omit<Asked, 'verb'>;
  readonly allowed: boolean;
  constructor(type: string, from: Pick<Authz, 'can' | 'account'>, asked: Omit<Asked, 'verb'> = {}, allowed = false) {
    super();
    this.type = type;
    this.can = from.can;
    this.account = from.account;
    this.asked = asked;
    this.allowed = allowed;
  }
  equals(other: Opaque): boolean {
    return this === other;
  }
}
const step = (type: string, key: keyof Asked) => (a: Authz, value: string) => new Authz(type, a, { ...a.asked, [key]: value });
const check = (a: Authz, verb: string) => new Authz(D, a, a.asked, a.can({ ...a.asked, verb }, a.account));

/** The variable `authorizer` for the user of a request. */
export function authorizer(can: Can): Opaque {
  return new Authz(A, { can, account: undefined });
}
export const AUTHORIZER_TYPE = A;

/** Access checks. @source apiserver pkg/cel/library/authz.go@24a394e516bf; decisions have no errors and no reasons here */
export const authz: readonly Overload[] = [
  fn(`${A}.path(string): ${P}`, step(P, 'path')),
  fn(`${A}.group(string): ${G}`, step(G, 'group')),
  fn(
    `${A}.serviceAccount(string, string): ${A}`,
    (a: Authz, namespace: string, name: string) => new Authz(A, { can: a.can, account: { namespace, name } }),
  ),
  fn(`${G}.resource(string): ${R}`, step(R, 'resource')),
  fn(`${R}.subresource(string): ${R}`, step(R, 'subresource')),
  fn(`${R}.namespace(string): ${R}`, step(R, 'namespace')),
  fn(`${R}.name(string): ${R}`, step(R, 'name')),
  fn(`${R}.check(string): ${D}`, check, { cost: () => CHECK_COST }),
  fn(`${P}.check(string): ${D}`, check, { cost: () => CHECK_COST }),
  fn(`${D}.allowed(): bool`, (d: Authz) => d.allowed),
  fn(`${D}.reason(): string`, () => '', { resultSize: () => 0 }),
  fn(`${D}.errored(): bool`, () => false),
  fn(`${D}.error(): string`, () => '', { resultSize: () => 0 }),
];
