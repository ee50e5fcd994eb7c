import type { FieldError } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { configMapKey, dns1123Label, envVarName, portName, portNumber } from '../names.ts';
import { type FrozenTree, items, number, sub, text } from '../tree.ts';
import { invalidText, oneOf, requiredText } from './common.ts';
import { validateLifecycle, validateProbes } from './probes.ts';
import { validateResources } from './resources.ts';
import { descends } from './volumes.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const ENV_SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];
const MAX_ID = 2 ** 31 - 1;
const FIELD_PATHS =
  /^(?:metadata\.(?:name|namespace|uid|labels|annotations)|metadata\.(?:labels|annotations)\['.+'\]|spec\.(?:nodeName|serviceAccountName)|status\.(?:hostIP|hostIPs|podIP|podIPs))$/;
const FIELD_PATH_LIST = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** @source kubernetes pkg/apis/core/validation/validation.go validateContainers, validateInitContainers (from knowledge) */
export function validateContainers(spec: FrozenTree, path: string): FieldError[] {
  const containers = items(spec, 'containers');
  const errors: FieldError[] = containers.length === 0 ? [fieldErrors.required(`${path}.containers`)] : [];
  const names = new Set<string>();
  const hostPorts = new Set<string>();
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const [i, container] of items(spec, list).entries()) {
      const at = `${path}.${list}[${i}]`;
      const name = text(container, 'name');
      errors.push(...requiredText(container, 'name', at, dns1123Label));
      if (name && names.has(name)) errors.push(fieldErrors.duplicate(`${at}.name`, name));
      names.add(name);
      errors.push(...validateContainer(container, at, spec));
      if (list === 'containers') errors.push(...hostPortConflicts(container, at, hostPorts));
      if (list === 'initContainers' && container['restartPolicy'] !== 'Always') errors.push(...onlyForSidecars(container, at));
    }
  }
  return errors;
}

function onlyForSidecars(container: FrozenTree, path: string): FieldError[] {
  const members = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'].filter(m => container[m] !== undefined);
  return members.map(m =>
    fieldErrors.forbidden(`${path}.${m}`, 'may not be set for init containers without restartPolicy=Always'),
  );
}

function validateContainer(container: FrozenTree, path: string, spec: FrozenTree): FieldError[] {
  const image = text(container, 'image');
  const errors: FieldError[] = [];
  if (!image) errors.push(fieldErrors.required(`${path}.image`));
  else if (image !== image.trim())
    errors.push(fieldErrors.invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  return [
    ...errors,
    ...oneOf(container, 'imagePullPolicy', path, PULL_POLICIES),
    ...oneOf(container, 'terminationMessagePolicy', path, ['File', 'FallbackToLogsOnError']),
    ...validatePorts(container, path, spec['hostNetwork'] === true),
    ...validateEnv(container, path),
    ...validateEnvFrom(container, path),
    ...validateMounts(container, path, spec),
    ...validateResources(sub(container, 'resources'), `${path}.resources`),
    ...validateProbes(container, path),
    ...validateLifecycle(container, path),
    ...validateSecurity(sub(container, 'securityContext'), `${path}.securityContext`),
  ];
}

function validatePorts(container: FrozenTree, path: string, hostNetwork: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, port] of items(container, 'ports').entries()) {
    const at = `${path}.ports[${i}]`;
    const name = text(port, 'name');
    const containerPort = number(port, 'containerPort') ?? 0;
    const hostPort = number(port, 'hostPort') ?? 0;
    if (name) errors.push(...invalidText(name, `${at}.name`, portName));
    if (name && names.has(name)) errors.push(fieldErrors.duplicate(`${at}.name`, name));
    names.add(name);
    if (containerPort === 0) errors.push(fieldErrors.required(`${at}.containerPort`));
    else errors.push(...portNumber(containerPort).map(p => fieldErrors.invalid(`${at}.containerPort`, containerPort, p)));
    if (hostPort !== 0) errors.push(...portNumber(hostPort).map(p => fieldErrors.invalid(`${at}.hostPort`, hostPort, p)));
    if (hostNetwork && hostPort !== 0 && hostPort !== containerPort) {
      errors.push(fieldErrors.invalid(`${at}.containerPort`, containerPort, 'must match `hostPort` when `hostNetwork` is true'));
    }
    errors.push(...oneOf(port, 'protocol', at, PROTOCOLS));
  }
  return errors;
}
function hostPortConflicts(container: FrozenTree, path: string, seen: Set<string>): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, port] of items(container, 'ports').entries()) {
    if (!number(port, 'hostPort')) continue;
    const key = `${text(port, 'protocol')}/${text(port, 'hostIP')}/${port['hostPort']}`;
    if (seen.has(key)) errors.push(fieldErrors.duplicate(`${path}.ports[${i}].hostPort`, key));
    seen.add(key);
  }
  return errors;
}

function validateEnv(container: FrozenTree, path: string): FieldError[] {
  return items(container, 'env').flatMap((env, i) => {
    const at = `${path}.env[${i}]`;
    const source = sub(env, 'valueFrom');
    return [...requiredText(env, 'name', at, envVarName), ...(source ? validateEnvSource(env, source, `${at}.valueFrom`) : [])];
  });
}
function validateEnvSource(env: FrozenTree, source: FrozenTree, path: string): FieldError[] {
  const kinds = ENV_SOURCES.filter(k => sub(source, k));
  if (kinds.length === 0) {
    return [
      fieldErrors.invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'),
    ];
  }
  if (text(env, 'value')) return [fieldErrors.invalid(path, '', 'may not be specified when `value` is not empty')];
  if (kinds.length > 1) return [fieldErrors.invalid(path, '', 'may not have more than one field specified at a time')];
  const [kind = ''] = kinds;
  const from = sub(source, kind)!;
  const at = `${path}.${kind}`;
  if (kind.endsWith('KeyRef') && kind !== 'fileKeyRef')
    return [...requiredText(from, 'name', at), ...requiredText(from, 'key', at, configMapKey)];
  if (kind === 'resourceFieldRef') return requiredText(from, 'resource', at);
  if (kind === 'fieldRef') {
    const fieldPath = text(from, 'fieldPath');
    if (!fieldPath) return [fieldErrors.required(`${at}.fieldPath`)];
    if (!FIELD_PATHS.test(fieldPath)) return [fieldErrors.notSupported(`${at}.fieldPath`, fieldPath, FIELD_PATH_LIST)];
  }
  return [];
}
function validateEnvFrom(container: FrozenTree, path: string): FieldError[] {
  return items(container, 'envFrom').flatMap((from, i) => {
    const at = `${path}.envFrom[${i}]`;
    const kinds = ['configMapRef', 'secretRef'].filter(k => sub(from, k));
    if (kinds.length === 0) return [fieldErrors.invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`')];
    if (kinds.length > 1) return [fieldErrors.invalid(at, '', 'may not have more than one field specified at a time')];
    return requiredText(sub(from, kinds[0]!), 'name', `${at}.${kinds[0]}`);
  });
}

function validateMounts(container: FrozenTree, path: string, spec: FrozenTree): FieldError[] {
  const errors: FieldError[] = [];
  const volumes = new Set(items(spec, 'volumes').map(v => text(v, 'name')));
  const mountPaths = new Set<string>();
  for (const [i, mount] of items(container, 'volumeMounts').entries()) {
    const at = `${path}.volumeMounts[${i}]`;
    const name = text(mount, 'name');
    const mountPath = text(mount, 'mountPath');
    if (!name) errors.push(fieldErrors.required(`${at}.name`));
    else if (!volumes.has(name)) errors.push(fieldErrors.notFound(`${at}.name`, name));
    if (!mountPath) errors.push(fieldErrors.required(`${at}.mountPath`));
    else if (mountPaths.has(mountPath)) errors.push(fieldErrors.invalid(`${at}.mountPath`, mountPath, 'must be unique'));
    mountPaths.add(mountPath);
    if (text(mount, 'subPath')) errors.push(...descends(text(mount, 'subPath'), `${at}.subPath`));
    if (text(mount, 'subPath') && text(mount, 'subPathExpr')) {
      errors.push(
        fieldErrors.invalid(`${at}.subPathExpr`, mount['subPathExpr'], 'subPathExpr and subPath are mutually exclusive'),
      );
    }
  }
  return errors;
}

/** User and group ids of a container or Pod. */
export function validateSecurity(context: FrozenTree | undefined, path: string): FieldError[] {
  const ids = ['runAsUser', 'runAsGroup', 'fsGroup'].filter(key => {
    const id = number(context, key);
    return id !== undefined && (id < 0 || id > MAX_ID);
  });
  const errors = ids.map(key =>
    fieldErrors.invalid(`${path}.${key}`, context![key], `must be between 0 and ${MAX_ID}, inclusive`),
  );
  if (context?.['privileged'] === true && context['allowPrivilegeEscalation'] === false) {
    errors.push(fieldErrors.invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  }
  return errors;
}
