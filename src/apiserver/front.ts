import { type ApiRequest, type ApiResponse, errors, type Obj, type UserInfo } from '../kube/index.ts';
import { ANONYMOUS, type Authenticator } from './auth/authn.ts';
import { attributesOf, authorize } from './auth/authorize.ts';
import type { Rbac } from './auth/rbac.ts';
import { review } from './auth/reviews.ts';
import { ISSUER, type ServiceAccountTokens } from './auth/service-account-tokens.ts';
import type { ServerContext } from './context.ts';
import { Discovery } from './discovery/routes.ts';
import { type Handler, type Handlers, resourceCall } from './dispatch.ts';
import { failure, respond, text } from './handlers/respond.ts';
import { requestToken } from './handlers/service-accounts.ts';
import { decodeProtobuf } from './protobuf/index.ts';
import { apiVersionOf, type ResourceDef } from './registry/resource.ts';
import { negotiate } from './request/accept.ts';
import { readObject } from './request/body.ts';
import { type RequestInfo, requestInfo } from './request/request-info.ts';
import { type ProxyOptions, proxyRequest } from './streams/proxy.ts';

/** Any verb: what it means is the program's behind. */
const PROXY_VERBS = ['get', 'create', 'update', 'patch', 'delete'];
export type FrontOptions = {
  ctx: ServerContext;
  rbac: Rbac;
  tokens: ServiceAccountTokens;
  authenticator: Authenticator;
  proxy: ProxyOptions;
  metrics: () => string;
};
const REVIEW_GROUPS = new Set(['authentication.k8s.io', 'authorization.k8s.io']);

/** Where every request goes in, whatever brought it: who may do it is asked here, once, then it finds its handler. */
export class Front {
  readonly #o: FrontOptions;
  readonly #discovery: Discovery;
  readonly #more: Readonly<Record<string, Handlers>>;

  constructor(o: FrontOptions) {
    this.#o = o;
    this.#discovery = new Discovery(o.ctx.registry);
    const proxy: Handler = (_, call) => proxyRequest(o.proxy, call.request, call.info);
    this.#more = { token: { create: requestToken(o.tokens) }, proxy: Object.fromEntries(PROXY_VERBS.map(v => [v, proxy])) };
  }

  /** Never throws: every failure is an answer. */
  async handle(request: ApiRequest): Promise<ApiResponse> {
    try {
      const info = infoOf(request);
      authorize(this.#o.rbac, request.user, attributesOf(info, request.query));
      return info.isResource ? await this.#resource(request, info) : await this.#path(request, info);
    } catch (e) {
      const answer = failure(e);
      if (answer.code === 500)
        this.#o.ctx.log.error('a request failed', { method: request.method, path: request.path, error: e });
      return answer;
    }
  }

  /** Whom somebody else may act as. @throws StatusError 403 */
  impersonate(user: UserInfo, as: UserInfo): UserInfo {
    const { rbac } = this.#o;
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(as.username);
    const who = account
      ? { verb: 'impersonate', group: '', resource: 'serviceaccounts', namespace: account[1]!, name: account[2]! }
      : { verb: 'impersonate', group: '', resource: 'users', name: as.username };
    authorize(rbac, user, who);
    const implied = new Set([
      'system:authenticated',
      'system:unauthenticated',
      'system:serviceaccounts',
      `system:serviceaccounts:${account?.[1]}`,
    ]);
    for (const name of as.groups)
      if (!implied.has(name)) authorize(rbac, user, { verb: 'impersonate', group: '', resource: 'groups', name });
    if (as.uid) authorize(rbac, user, { verb: 'impersonate', group: 'authentication.k8s.io', resource: 'uids', name: as.uid });
    for (const [key, values] of Object.entries(as.extra ?? {})) {
      for (const name of values)
        authorize(rbac, user, {
          verb: 'impersonate',
          group: 'authentication.k8s.io',
          resource: 'userextras',
          subresource: key,
          name,
        });
    }
    return as;
  }

  async #resource(request: ApiRequest, info: RequestInfo): Promise<ApiResponse> {
    const { ctx } = this.#o;
    const def = ctx.registry.find(info.group, info.version, info.resource);
    if (def && !def.storage) return await this.#virtual(request, info, def);
    if (!def && !ctx.registry.groups.get(info.group)?.has(info.version)) return text(404, '404 page not found\n');
    const { call, handler } = resourceCall(ctx, request, info, this.#more);
    const response = await handler(ctx, call);
    if (call.warnings.length > 0)
      response.headers['warning'] = [...new Set(call.warnings)].map(w => `299 - ${JSON.stringify(w)}`);
    return response;
  }

  /** What is answered and forgotten: reviews, and lists of what this server does not have. */
  async #virtual(request: ApiRequest, info: RequestInfo, def: ResourceDef): Promise<ApiResponse> {
    const answer = negotiate(request.headers?.['accept'], request.query);
    if (!def.verbs.includes(info.verb)) throw errors.methodNotAllowed();
    if (REVIEW_GROUPS.has(def.group)) {
      const body = readObject(request, def, undefined, decodeProtobuf);
      const user = request.user.username === '' ? ANONYMOUS : request.user;
      return respond(201, await review(this.#o, body, user, info.namespace), answer);
    }
    if (info.verb === 'list') {
      const items: Obj[] = def.plural === 'componentstatuses' ? [componentStatus()] : [];
      return respond(
        200,
        { kind: def.listKind, apiVersion: apiVersionOf(def), metadata: { resourceVersion: String(this.#o.ctx.store.rv) }, items },
        answer,
      );
    }
    if (info.verb === 'get') throw errors.notFound(def, info.name!);
    throw errors.methodNotAllowed();
  }

  async #path(request: ApiRequest, info: RequestInfo): Promise<ApiResponse> {
    if (request.method !== 'GET') throw errors.methodNotAllowed();
    const { path } = info;
    const known = this.#discovery.answer(request);
    if (known) return known;
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return this.#health(request, path);
    const answer = negotiate(undefined, request.query);
    if (path === '/metrics') return text(200, this.#o.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
    if (path === '/.well-known/openid-configuration') return respond(200, OPENID, answer);
    if (path === '/openid/v1/jwks')
      return { ...respond(200, await this.#o.tokens.jwks(), answer), headers: { 'content-type': 'application/jwk-set+json' } };
    if (path === '/')
      return respond(
        200,
        {
          paths: [
            '/api',
            '/api/v1',
            '/apis',
            ...[...this.#o.ctx.registry.groups.keys()].filter(Boolean).map(g => `/apis/${g}`),
            '/healthz',
            '/livez',
            '/metrics',
            '/openapi/v3',
            '/readyz',
            '/version',
          ],
        },
        answer,
      );
    return text(404, '404 page not found\n');
  }

  #health(request: ApiRequest, path: string): ApiResponse {
    const failureOf = this.#o.ctx.store.failure;
    const name = path.split('/')[1]!;
    if (failureOf) return text(500, `[-]store failed: ${failureOf.message}\n${name} check failed\n`);
    return text(200, request.query?.has('verbose') ? `[+]ping ok\n[+]store ok\n${name} check passed\n` : 'ok');
  }
}

/** @throws StatusError 400 for a path that is not well encoded */
function infoOf(request: ApiRequest): RequestInfo {
  try {
    return requestInfo(request.method, request.path, request.query);
  } catch (e) {
    if (e instanceof URIError) throw errors.badRequest(`the path is not well encoded: ${request.path}`);
    throw e;
  }
}

const OPENID = {
  issuer: ISSUER,
  jwks_uri: `${ISSUER}/openid/v1/jwks`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
};
function componentStatus(): Obj {
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name: 'store' },
    conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
  } as Obj;
}
