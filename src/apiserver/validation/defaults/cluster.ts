import { ensure, fill, items, sub, type Tree, text, textMap } from '../tree.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** @source kubernetes pkg/apis/core/v1/defaults.go, pkg/registry/core/namespace/strategy.go (from knowledge) */
export function defaultNamespace(namespace: Tree): void {
  const name = text(sub(namespace, 'metadata'), 'name');
  if (name) ensure(ensure(namespace, 'metadata'), 'labels')['kubernetes.io/metadata.name'] = name;
  const isBeingDeleted = sub(namespace, 'metadata')?.['deletionTimestamp'] !== undefined;
  const spec = ensure(namespace, 'spec');
  // A namespace that is being deleted has lost its finalizer for good.
  if (!isBeingDeleted) fill(spec, { finalizers: ['kubernetes'] });
  fill(ensure(namespace, 'status'), { phase: 'Active' });
}

/** Text of `stringData` replaces `data` of the same key. */
export function defaultSecret(secret: Tree): void {
  fill(secret, { type: 'Opaque' });
  const plain = textMap(secret, 'stringData');
  delete secret['stringData'];
  const keys = Object.keys(plain);
  if (keys.length === 0) return;
  const data = ensure(secret, 'data');
  for (const key of keys) data[key] = Buffer.from(plain[key]!, 'utf8').toString('base64');
}

export function defaultNode(node: Tree): void {
  const status = ensure(node, 'status');
  const capacity = sub(status, 'capacity');
  if (capacity) fill(status, { allocatable: { ...capacity } });
}

export function defaultLimitRange(range: Tree): void {
  for (const limit of items(sub(range, 'spec'), 'limits')) {
    if (limit['type'] !== 'Container') continue;
    const max = sub(limit, 'max') ?? {};
    const min = sub(limit, 'min') ?? {};
    const byDefault = { ...max, ...sub(limit, 'default') };
    if (Object.keys(byDefault).length > 0) limit['default'] = byDefault;
    const requested = { ...min, ...byDefault, ...sub(limit, 'defaultRequest') };
    if (Object.keys(requested).length > 0) limit['defaultRequest'] = requested;
  }
}

/** @source kubernetes pkg/apis/rbac/v1/defaults.go (from knowledge) */
export function defaultRoleBinding(binding: Tree): void {
  fill(sub(binding, 'roleRef'), { apiGroup: RBAC_GROUP });
  for (const subject of items(binding, 'subjects')) {
    if (subject['kind'] === 'User' || subject['kind'] === 'Group') fill(subject, { apiGroup: RBAC_GROUP });
  }
}

export function defaultPriorityClass(priorityClass: Tree): void {
  fill(priorityClass, { preemptionPolicy: 'PreemptLowerPriority' });
}
export function defaultTokenRequest(request: Tree): void {
  fill(ensure(request, 'spec'), { expirationSeconds: 3600 });
}

/** @source apiextensions-apiserver pkg/apis/apiextensions/v1/defaults.go@1aa2717a552e */
export function defaultCrd(crd: Tree): void {
  const spec = ensure(crd, 'spec');
  const names = ensure(spec, 'names');
  const kind = text(names, 'kind');
  if (kind) fill(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
  fill(spec, { conversion: { strategy: 'None' } });
  fill(sub(sub(sub(sub(spec, 'conversion'), 'webhook'), 'clientConfig'), 'service'), { port: 443 });
}
