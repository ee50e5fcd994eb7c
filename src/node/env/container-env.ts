import type { Frozen } from '../../kube/index.ts';
import type { Container, EnvVar, Pod } from '../agent/pod.ts';
import { errors } from '../errors.ts';
import type { DataKind, ObjectReader } from '../objects.ts';
import { expand } from './expand.ts';
import { fieldValue, type NodeFacts, resourceValue } from './fields.ts';

/**
 * The environment of a container: `base` (image, node, services), then envFrom, then env; later wins, `$(NAME)` sees what
 * stands before it.
 * @throws NotStartable CreateContainerConfigError for what is missing and not optional
 */
export async function containerEnv(
  pod: Frozen<Pod>,
  container: Frozen<Container>,
  base: Readonly<Record<string, string>>,
  reader: ObjectReader,
  node: NodeFacts,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    const source = from.configMapRef ?? from.secretRef;
    if (!source) continue;
    const kind: DataKind = from.configMapRef ? 'ConfigMap' : 'Secret';
    const data = await reader.data(kind, source.name);
    if (!data && source.optional !== true) throw errors.configObjectMissing(kind, reader.namespace, source.name);
    // Every key of such an object may be the name of a variable since upstream relaxed the rule (1.34).
    for (const [key, bytes] of data ?? []) values.set(`${from.prefix ?? ''}${key}`, bytes.toString('utf8'));
  }
  const lookup = (name: string) => values.get(name) ?? base[name];
  for (const v of container.env ?? []) {
    const value = await resolveVar(pod, container, v, reader, node, lookup);
    if (value !== undefined) values.set(v.name, value);
  }
  for (const [name, value] of Object.entries(base)) if (!values.has(name)) values.set(name, value);
  return values;
}

async function resolveVar(
  pod: Frozen<Pod>,
  container: Frozen<Container>,
  v: Frozen<EnvVar>,
  reader: ObjectReader,
  node: NodeFacts,
  lookup: (name: string) => string | undefined,
): Promise<string | undefined> {
  const from = v.valueFrom;
  if (!from) return expand(v.value ?? '', lookup);
  if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath, node);
  if (from.resourceFieldRef) return resourceValue(pod, container, from.resourceFieldRef, node);
  const keyRef = from.configMapKeyRef ?? from.secretKeyRef;
  if (!keyRef) return '';
  const kind: DataKind = from.configMapKeyRef ? 'ConfigMap' : 'Secret';
  const data = await reader.data(kind, keyRef.name);
  const found = data?.get(keyRef.key);
  if (found) return found.toString('utf8');
  if (keyRef.optional) return undefined;
  throw data
    ? errors.configKeyMissing(kind, reader.namespace, keyRef.name, keyRef.key)
    : errors.configObjectMissing(kind, reader.namespace, keyRef.name);
}
