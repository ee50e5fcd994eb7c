import { createHmac, timingSafeEqual } from 'node:crypto';
import type { UserInfo } from '../kube/index.ts';
import type { Clock, Ids } from '../lib/index.ts';

const LINK_TTL_MS = 60_000;
const SESSION_TTL_MS = 7 * 24 * 3_600_000;
export const SESSION_COOKIE = 'skiff-session';
export const CSRF_COOKIE = 'skiff-csrf';

type Claims = { user: UserInfo; expiresAtMs: number; csrf: string };

/** Browser sessions: one-time links become signed cookies. Nothing is stored but the key, so a restart keeps sessions. */
export class Sessions {
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #links = new Map<string, { user: UserInfo; expiresAtMs: number }>();
  constructor(o: { key: Uint8Array; clock: Clock; ids: Ids }) {
    this.#key = o.key;
    this.#clock = o.clock;
    this.#ids = o.ids;
  }

  /** A secret that signs `user` in once within a minute. */
  createLink(user: UserInfo): string {
    const nowMs = this.#clock.now().getTime();
    for (const [k, v] of this.#links) if (v.expiresAtMs < nowMs) this.#links.delete(k);
    const secret = Buffer.from(this.#ids.bytes(32)).toString('base64url');
    this.#links.set(secret, { user, expiresAtMs: nowMs + LINK_TTL_MS });
    return secret;
  }

  /** The user of a link, which is spent by it. */
  redeem(secret: string): UserInfo | undefined {
    const link = this.#links.get(secret);
    this.#links.delete(secret);
    return link && link.expiresAtMs >= this.#clock.now().getTime() ? link.user : undefined;
  }

  /** `Set-Cookie` values of a new session. */
  cookies(user: UserInfo): string[] {
    const csrf = Buffer.from(this.#ids.bytes(16)).toString('base64url');
    const claims: Claims = { user, csrf, expiresAtMs: this.#clock.now().getTime() + SESSION_TTL_MS };
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const attributes = `Path=/; SameSite=Strict; Max-Age=${SESSION_TTL_MS / 1000}`;
    return [`${SESSION_COOKIE}=${body}.${this.#sign(body)}; HttpOnly; ${attributes}`, `${CSRF_COOKIE}=${csrf}; ${attributes}`];
  }

  /** The session of a Cookie header; undefined when absent, forged or over. */
  read(cookieHeader: string | undefined): Claims | undefined {
    const value = cookieOf(cookieHeader, SESSION_COOKIE);
    const [body, signature] = value?.split('.') ?? [];
    if (!body || !signature) return undefined;
    const expected = Buffer.from(this.#sign(body));
    const given = Buffer.from(signature);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
    return claims.expiresAtMs >= this.#clock.now().getTime() ? claims : undefined;
  }

  #sign(body: string): string {
    return createHmac('sha256', this.#key).update(body).digest('base64url');
  }
}

/** One cookie of a Cookie header. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}
