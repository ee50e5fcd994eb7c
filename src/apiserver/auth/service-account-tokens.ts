import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import { exportJWK, type JWTPayload, jwtVerify } from 'jose';
import type { Frozen, Obj, UserInfo } from '../../kube/index.ts';
import { type Clock, type Ids, sha256Hex } from '../../lib/index.ts';
import { keyFile } from './key-files.ts';

export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const ALGORITHM = 'ES256';
const CACHED = 5_000;
/** Reads an object of the store as it is now. */
export type Lookup = (gvk: `${string}/${string}`, namespace: string, name: string) => Frozen<Obj> | undefined;
export type TokenRequest = {
  namespace: string;
  name: string;
  audiences?: readonly string[];
  expirationSeconds?: number;
  bound?: { kind: string; name: string; uid: string };
};
type Claims = JWTPayload & {
  'kubernetes.io'?: {
    namespace: string;
    serviceaccount: { name: string; uid: string };
    pod?: { name: string; uid: string };
    secret?: { name: string; uid: string };
  };
};

/** Signs and checks tokens of service accounts: they die with the account, and with the object that they are bound to. */
export class ServiceAccountTokens {
  readonly #private: KeyObject;
  readonly #public: KeyObject;
  readonly #keyId: string;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #lookup: Lookup;
  readonly #verified = new Map<string, Claims>();

  constructor(home: string, clock: Clock, ids: Ids, lookup: Lookup) {
    const pem = keyFile(join(home, 'pki', 'sa.key'), () =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    );
    this.#private = createPrivateKey(pem);
    this.#public = createPublicKey(this.#private);
    this.#keyId = sha256Hex(this.#public.export({ type: 'spki', format: 'der' })).slice(0, 16);
    this.#clock = clock;
    this.#ids = ids;
    this.#lookup = lookup;
  }

  async issue(account: Frozen<Obj>, r: TokenRequest): Promise<{ token: string; expiresAt: Date; audiences: string[] }> {
    const nowSeconds = Math.floor(this.#clock.now().getTime() / 1000);
    const expires = nowSeconds + (r.expirationSeconds ?? 3600);
    const audiences = r.audiences && r.audiences.length > 0 ? [...r.audiences] : [ISSUER];
    const bound = r.bound ? { [r.bound.kind.toLowerCase()]: { name: r.bound.name, uid: r.bound.uid } } : {};
    const claims: Claims = {
      iss: ISSUER,
      sub: `system:serviceaccount:${r.namespace}:${r.name}`,
      aud: audiences,
      iat: nowSeconds,
      nbf: nowSeconds,
      exp: expires,
      jti: this.#ids.uuid(),
      'kubernetes.io': { namespace: r.namespace, serviceaccount: { name: r.name, uid: account.metadata.uid! }, ...bound },
    };
    return { token: this.#sign(claims), expiresAt: new Date(expires * 1000), audiences };
  }

  /** On this thread: a signature takes a tenth of a millisecond, every Pod asks for one, and jose would have it made elsewhere. */
  #sign(claims: Claims): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: ALGORITHM, kid: this.#keyId })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.#private, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }

  /** Who a token speaks for, when it is good for one of the audiences (default: this API); undefined when it is not good. */
  async verify(
    token: string,
    audiences: readonly string[] = [ISSUER],
  ): Promise<{ user: UserInfo; audiences: string[] } | undefined> {
    const claims = this.#verified.get(token) ?? (await this.#check(token));
    if (!claims || !this.#isAlive(claims)) return undefined;
    const given = [claims.aud ?? []].flat();
    const common = audiences.filter(a => given.includes(a));
    if (common.length === 0) return undefined;
    const k = claims['kubernetes.io']!;
    return {
      audiences: common,
      user: {
        username: claims.sub!,
        uid: k.serviceaccount.uid,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${k.namespace}`, 'system:authenticated'],
        ...(k.pod
          ? {
              extra: {
                'authentication.kubernetes.io/pod-name': [k.pod.name],
                'authentication.kubernetes.io/pod-uid': [k.pod.uid],
              },
            }
          : {}),
      },
    };
  }

  async #check(token: string): Promise<Claims | undefined> {
    let claims: Claims;
    try {
      claims = (await jwtVerify(token, this.#public, { issuer: ISSUER, algorithms: [ALGORITHM], currentDate: this.#clock.now() }))
        .payload;
    } catch {
      // Every way in which a token can be bad is the same to its bearer: 401.
      return undefined;
    }
    if (this.#verified.size >= CACHED) this.#verified.clear();
    this.#verified.set(token, claims);
    return claims;
  }

  /** Signatures stay good; time and the objects behind a token do not. */
  #isAlive(claims: Claims): boolean {
    const k = claims['kubernetes.io'];
    if (!k || (claims.exp ?? 0) * 1000 <= this.#clock.now().getTime()) return false;
    if (this.#lookup('v1/ServiceAccount', k.namespace, k.serviceaccount.name)?.metadata.uid !== k.serviceaccount.uid)
      return false;
    if (k.pod && this.#lookup('v1/Pod', k.namespace, k.pod.name)?.metadata.uid !== k.pod.uid) return false;
    return !k.secret || this.#lookup('v1/Secret', k.namespace, k.secret.name)?.metadata.uid === k.secret.uid;
  }

  /** The public key, for `/openid/v1/jwks`. */
  async jwks(): Promise<object> {
    return { keys: [{ use: 'sig', kid: this.#keyId, alg: ALGORITHM, ...(await exportJWK(this.#public)) }] };
  }
}
