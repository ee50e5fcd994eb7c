import type { Duplex } from 'node:stream';
import { errors } from '../../kube/index.ts';
import { attributesOf, authorize } from '../auth/authorize.ts';
import type { Rbac } from '../auth/rbac.ts';
import type { ProxyTarget, ServerContext } from '../context.ts';
import type { Upgrader } from '../http/http-server.ts';
import { requestInfo } from '../request/request-info.ts';

export type UpgradeOptions = { ctx: ServerContext; rbac: Rbac; proxyTo?: (to: ProxyTarget) => Promise<Duplex | undefined> };

/** Connections that leave HTTP: exec, attach, port-forward, proxied upgrades. */
export function createUpgrader({ rbac }: UpgradeOptions): Upgrader {
  return async request => {
    const info = requestInfo(request.method, request.path, request.query);
    authorize(rbac, request.user, attributesOf(info, request.query));
    throw errors.methodNotAllowed();
  };
}
