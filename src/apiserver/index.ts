export type { Headers, PeerCertificate } from './auth/authn.ts';
export type { TokenRequest } from './auth/service-account-tokens.ts';
export type { ProxyTarget } from './context.ts';
export { OWNER_FIELD } from './request/filter.ts';
export { type ApiServer, type ApiServerOptions, createApiServer } from './server.ts';
