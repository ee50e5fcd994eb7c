import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AdmissionDef, ApiRequest, ApiResponse, Obj, PodStreams, ResourceMapper, Transport } from '../kube/index.ts';
import type { Clock, Ids, Logger } from '../lib/index.ts';
import { Admission } from './admission/index.ts';
import { namespaceLifecycle } from './admission/namespace-lifecycle.ts';
import { createOnce, ensure, SYSTEM_OBJECTS } from './bootstrap.ts';
import type { ServerContext } from './context.ts';
import { CrdController } from './crd-controller.ts';
import { resourceCall } from './dispatch.ts';
import { failure, text } from './handlers/respond.ts';
import { Registry } from './registry/registry.ts';
import { requestInfo } from './request/request-info.ts';
import { Store } from './store/index.ts';

export type ApiServerOptions = {
  /** `$SKIFF_HOME`: kube.db, keys and certificates live there. */
  home: string;
  clock: Clock;
  ids: Ids;
  log: Logger;
  streams?: () => PodStreams | undefined;
  admissions: readonly AdmissionDef[];
  /** CustomResourceDefinitions that exist from the start and follow this release. */
  crds: readonly Obj[];
  /** Objects created once. */
  bootstrap: readonly Obj[];
  /** Further names and addresses that the server certificate is good for. */
  serverNames: readonly string[];
};
export type ApiServer = { transport: Transport; mapper: ResourceMapper; close(): Promise<void> };

export async function createApiServer(o: ApiServerOptions): Promise<ApiServer> {
  mkdirSync(o.home, { recursive: true, mode: 0o700 });
  const store = new Store({
    path: join(o.home, 'kube.db'),
    clock: o.clock,
    ids: o.ids,
    log: o.log,
    masterKey: new Uint8Array(32),
  });
  const registry = new Registry(store);
  const steps = [namespaceLifecycle(gvk => registry.ofKind(gvk as `${string}/${string}`)?.plural ?? '')];
  const admission = new Admission({ steps, defs: o.admissions, store, registry, log: o.log });
  const ctx: ServerContext = { store, registry, admission, clock: o.clock, ids: o.ids, log: o.log, streams: () => o.streams?.() };
  const transport: Transport = { request: r => handle(ctx, r) };
  new CrdController({ store, registry, transport, log: o.log }).start();
  const boot = { store, registry, transport };
  await createOnce(boot, SYSTEM_OBJECTS);
  await Promise.all(o.crds.map(crd => ensure(boot, crd, 'spec')));
  await createOnce(boot, o.bootstrap);
  return { transport, mapper: registry, close: () => store.close() };
}

async function handle(ctx: ServerContext, request: ApiRequest): Promise<ApiResponse> {
  try {
    const info = requestInfo(request.method, request.path, request.query);
    if (!info.isResource) return text(404, '404 page not found\n');
    const { call, handler } = resourceCall(ctx, request, info);
    return await handler(ctx, call);
  } catch (e) {
    return failure(e);
  }
}
