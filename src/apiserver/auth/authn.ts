import { timingSafeEqual } from 'node:crypto';
import { errors, type UserInfo } from '../../kube/index.ts';
import { sha256Hex } from '../../lib/index.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';

/** The part of a peer's certificate that says who it is; only of certificates that our authority has signed. */
export type PeerCertificate = { subject: { CN?: string | string[]; O?: string | string[] } };
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
export const OWNER: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const BEARER_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/** Whose request it is, by certificate, the owner's token or a service account's. */
export class Authenticator {
  readonly #ownerHash: string;
  readonly #tokens: ServiceAccountTokens;
  constructor(ownerToken: string, tokens: ServiceAccountTokens) {
    this.#ownerHash = sha256Hex(ownerToken);
    this.#tokens = tokens;
  }

  /** Undefined without credentials. @throws StatusError 401 for credentials that are not good */
  async authenticate(headers: Headers, peer?: PeerCertificate): Promise<UserInfo | undefined> {
    const token = bearerOf(headers);
    if (token !== undefined) {
      const user = await this.userOf(token);
      if (!user) throw errors.unauthorized();
      return user;
    }
    const name = peer && [peer.subject.CN ?? []].flat()[0];
    if (!name) return undefined;
    return { username: name, groups: [...[peer.subject.O ?? []].flat(), 'system:authenticated'] };
  }

  async userOf(token: string): Promise<UserInfo | undefined> {
    // Hashes compare in constant time whatever the lengths are.
    if (timingSafeEqual(Buffer.from(sha256Hex(token)), Buffer.from(this.#ownerHash))) return OWNER;
    return (await this.#tokens.verify(token))?.user;
  }
}

/** `Authorization: Bearer x`, or the WebSocket subprotocol of browsers. */
function bearerOf(headers: Headers): string | undefined {
  const header = String(headers['authorization'] ?? '');
  if (/^bearer /i.test(header)) return header.slice(7).trim();
  const protocol = String(headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map(p => p.trim())
    .find(p => p.startsWith(BEARER_PROTOCOL));
  return protocol && Buffer.from(protocol.slice(BEARER_PROTOCOL.length), 'base64url').toString('utf8');
}

/** Whom a request wants to act as, by its Impersonate headers. */
export function impersonated(headers: Headers): UserInfo | undefined {
  const username = headers['impersonate-user'];
  if (username === undefined) return undefined;
  const groups = [headers['impersonate-group'] ?? []].flat().flatMap(g =>
    String(g)
      .split(',')
      .map(x => x.trim()),
  );
  const extra: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('impersonate-extra-'))
      extra[decodeURIComponent(name.slice('impersonate-extra-'.length))] = [value ?? []].flat().map(String);
  }
  const uid = headers['impersonate-uid'];
  const implied = String(username) === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  return {
    username: String(username),
    groups: [...new Set([...groups, ...serviceAccountGroups(String(username)), implied])],
    ...(uid === undefined ? {} : { uid: String(uid) }),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

function serviceAccountGroups(username: string): string[] {
  const m = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username);
  return m ? ['system:serviceaccounts', `system:serviceaccounts:${m[1]}`] : [];
}
