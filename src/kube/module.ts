import type { Blobs, Migration, Sql } from '../data/types.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/log.ts';
import type { Route } from '../net/types.ts';
import type { Client } from './client.ts';
import type { ControllerDef, Observed, Performer, Source } from './controller.ts';
import type { FieldError, Frozen, Gvk, Obj, UserInfo } from './types.ts';
import type { Why } from './why.ts';

export type AdmissionRequest = {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  gvk: Gvk;
  namespace?: string;
  name: string;
  subresource?: string;
  object?: Frozen<Obj>;
  oldObject?: Frozen<Obj>;
  user: UserInfo;
  dryRun: boolean;
};
export interface AdmissionDef {
  name: string;
  rules: { gvk: Gvk; operations: ('CREATE' | 'UPDATE' | 'DELETE')[]; subresource?: string }[];
  reads?: Gvk[];
  failure: 'Fail' | 'Ignore';
  /** A changed object, or undefined when nothing changes. Pure. */
  mutate?(r: AdmissionRequest, find: Observed['find']): Obj | undefined;
  validate?(r: AdmissionRequest, find: Observed['find']): FieldError[];
}
export interface ModuleEnv {
  client: Client;
  ledger: Sql;
  blobs: Blobs;
  clock: Clock;
  ids: Ids;
  log: Logger;
}
/** What a folder under `src/` hands to the composition root: everything it is. */
export interface Module {
  name: string;
  /** CustomResourceDefinition objects (apiextensions.k8s.io/v1). */
  crds: Obj[];
  controllers: ControllerDef[];
  admissions?: AdmissionDef[];
  sources?(env: ModuleEnv): Source[];
  performers?(env: ModuleEnv): Performer[];
  routes?(env: ModuleEnv): Route[];
  /** Objects that exist from the start (namespaces, Services, ConfigMaps …), created once. */
  bootstrap?: Obj[];
  /** Its own tables in the ledger. */
  tables?: Migration[];
  /** Why an object of one of its kinds is not as asked; undefined when there is nothing to say. */
  why?(env: ModuleEnv, object: Frozen<Obj>): Promise<Why | undefined>;
}
