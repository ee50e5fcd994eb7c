import type { ApiRequest, PodStreams, UserInfo } from '../kube/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/log.ts';
import type { Admission, Policies, Webhooks } from './admission/index.ts';
import type { Conversions } from './conversion/conversions.ts';
import type { Quotas } from './quota/quotas.ts';
import type { Registry } from './registry/registry.ts';
import type { ResourceDef } from './registry/resource.ts';
import type { Answer } from './request/accept.ts';
import type { RequestInfo } from './request/request-info.ts';
import type { Store, StoredResource } from './store/index.ts';

/** What all handlers share. */
export type ServerContext = {
  readonly store: Store;
  readonly registry: Registry;
  readonly admission: Admission;
  readonly webhooks: Webhooks;
  readonly policies: Policies;
  readonly quotas: Quotas;
  readonly conversions: Conversions;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  streams(): PodStreams | undefined;
};
/** One request on its way: what was asked, by whom, of which resource. */
export type Call = {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly def: ResourceDef;
  readonly storage: StoredResource;
  readonly query: URLSearchParams;
  readonly answer: Answer;
  /** Texts for `Warning` headers, gathered on the way. */
  readonly warnings: string[];
};
/** What a proxy subresource connects to; the port by number or name, as asked. */
export type ProxyTarget = {
  kind: 'Service' | 'Pod';
  namespace: string;
  name: string;
  port: string;
  scheme: 'http' | 'https' /** Who asks. */;
  user: UserInfo;
};
