/** The shapes every room speaks. Objects that come from a client are deep-frozen and shared: never mutate, never clone whole. */
export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};
export type ManagedFieldsEntry = {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
};
export type Meta = {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
};
export type Obj<S = unknown, T = unknown> = {
  apiVersion: string;
  kind: string;
  metadata: Meta;
  spec?: S;
  status?: T;
};
export type Ref = { apiVersion: string; kind: string; namespace?: string; name: string; uid?: string };
/** `group/version/Kind`; the core group has no prefix: "batch/v1/Job", "v1/Pod". */
export type Gvk = `${string}/${string}`;
export type Frozen<T> = T extends (infer U)[]
  ? readonly Frozen<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;
export type Condition = {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastProbeTime?: string;
  observedGeneration?: number;
};
export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
  code?: number;
};
/** Who acts. `extra` and `uid` as in authentication.k8s.io/v1 UserInfo. */
export type UserInfo = { username: string; uid?: string; groups: readonly string[]; extra?: Record<string, readonly string[]> };
/** One line of a 422: `reason` as in Kubernetes' field.ErrorType (`FieldValueInvalid`, `FieldValueRequired` …). */
export type FieldError = { reason: string; field: string; message: string };

/** Splits "batch/v1/Job" into its parts; the core group is the empty string. */
export function parseGvk(gvk: Gvk): { group: string; version: string; apiVersion: string; kind: string } {
  const parts = gvk.split('/');
  const kind = parts.at(-1)!;
  const version = parts.at(-2)!;
  const group = parts.length === 3 ? parts[0]! : '';
  return { group, version, apiVersion: group ? `${group}/${version}` : version, kind };
}
/** The Gvk of an object or reference. */
export function gvkOf(o: { apiVersion: string; kind: string }): Gvk {
  return `${o.apiVersion}/${o.kind}`;
}
/** A reference to an object, with its uid. */
export function refOf(o: Frozen<Obj> | Obj): Ref {
  const { name, namespace, uid } = o.metadata;
  return {
    apiVersion: o.apiVersion,
    kind: o.kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
  };
}
/** `namespace/name`, or `name` for cluster-scoped objects. */
export function keyOf(o: { metadata: { namespace?: string; name: string } }): string {
  return o.metadata.namespace ? `${o.metadata.namespace}/${o.metadata.name}` : o.metadata.name;
}
/** Freezes a freshly parsed JSON value all the way down and returns it. */
export function deepFreeze<T>(value: T): Frozen<T> {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value as Frozen<T>;
}

/** A deep copy of a JSON value without undefined members: what a client may keep is not what the server keeps. */
export function jsonCopy<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(v => (v === undefined ? null : jsonCopy(v))) as T;
  const copy: Record<string, unknown> = {};
  for (const [k, v] of Object.entries(value)) if (v !== undefined) copy[k] = jsonCopy(v);
  return copy as T;
}
