import { type FieldError, jsonEqual } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { validateLabels } from '../meta.ts';
import { dns1123Label, dns1123Subdomain, portNumber, wildcardSubdomain } from '../names.ts';
import { type FrozenTree, items, number, sub, text, textMap, texts } from '../tree.ts';
import { invalidText, oneOf, portOrName, type Rule, requiredText, validateSelector } from './common.ts';

const SERVICE_TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** @source kubernetes pkg/apis/core/validation/validation.go ValidateService (from knowledge) */
export const validateService: Rule = (service, old) => {
  const spec = sub(service, 'spec') ?? {};
  const type = text(spec, 'type');
  const isHeadless = spec['clusterIP'] === 'None';
  const errors: FieldError[] = [];
  if (items(spec, 'ports').length === 0 && !isHeadless && type !== 'ExternalName')
    errors.push(fieldErrors.required('spec.ports'));
  if (type === 'ExternalName') errors.push(...validateExternalName(spec));
  if (type === 'LoadBalancer' && isHeadless) {
    errors.push(fieldErrors.invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for LoadBalancer services"));
  }
  errors.push(
    ...validatePorts(spec, isHeadless),
    ...validateLabels(textMap(spec, 'selector'), 'spec.selector'),
    ...oneOf(spec, 'sessionAffinity', 'spec', ['ClientIP', 'None']),
    ...oneOf(spec, 'type', 'spec', SERVICE_TYPES),
  );
  return old ? [...errors, ...validateClusterIp(spec, sub(old, 'spec') ?? {})] : errors;
};

function validateExternalName(spec: FrozenTree): FieldError[] {
  const name = text(spec, 'externalName').replace(/\.$/, '');
  if (name) return invalidText(name, 'spec.externalName', dns1123Subdomain);
  return [fieldErrors.required('spec.externalName')];
}
function validatePorts(spec: FrozenTree, isHeadless: boolean): FieldError[] {
  const ports = items(spec, 'ports');
  const names = new Set<string>();
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, port] of ports.entries()) {
    const at = `spec.ports[${i}]`;
    const name = text(port, 'name');
    if (name === '' && ports.length > 1) errors.push(fieldErrors.required(`${at}.name`));
    if (name) errors.push(...invalidText(name, `${at}.name`, dns1123Label));
    if (name && names.has(name)) errors.push(fieldErrors.duplicate(`${at}.name`, name));
    names.add(name);
    errors.push(...portNumber(number(port, 'port') ?? 0).map(p => fieldErrors.invalid(`${at}.port`, port['port'] ?? 0, p)));
    errors.push(...oneOf(port, 'protocol', at, PROTOCOLS), ...portOrName(port['targetPort'], `${at}.targetPort`));
    if (
      isHeadless &&
      typeof port['targetPort'] === 'number' &&
      port['targetPort'] !== port['port'] &&
      spec['type'] === 'NodePort'
    ) {
      errors.push(
        fieldErrors.invalid(`${at}.targetPort`, port['targetPort'], 'must be equal to the value of port when clusterIP = None'),
      );
    }
    const key = `${text(port, 'protocol')}/${port['port']}`;
    if (seen.has(key)) errors.push(fieldErrors.duplicate(at, { protocol: port['protocol'], port: port['port'] }));
    seen.add(key);
  }
  return errors;
}
/** An address, once given, stays, unless the type becomes or was ExternalName. */
function validateClusterIp(spec: FrozenTree, before: FrozenTree): FieldError[] {
  const ip = text(before, 'clusterIP');
  const isNamed = spec['type'] === 'ExternalName' || before['type'] === 'ExternalName';
  if (!ip || isNamed || jsonEqual(spec['clusterIP'], ip)) return [];
  return [fieldErrors.invalid('spec.clusterIPs[0]', texts(spec, 'clusterIPs'), 'may not change once set')];
}

/** @source kubernetes pkg/apis/networking/validation/validation.go (from knowledge) */
export const validateIngress: Rule = ingress => {
  const spec = sub(ingress, 'spec') ?? {};
  const rules = items(spec, 'rules');
  const errors: FieldError[] = [];
  if (rules.length === 0 && !sub(spec, 'defaultBackend')) {
    errors.push(fieldErrors.invalid('spec', spec, 'either `defaultBackend` or `rules` must be specified'));
  }
  errors.push(...validateBackend(sub(spec, 'defaultBackend'), 'spec.defaultBackend'));
  for (const [i, rule] of rules.entries()) {
    const host = text(rule, 'host');
    if (host)
      errors.push(...invalidText(host, `spec.rules[${i}].host`, host.includes('*') ? wildcardSubdomain : dns1123Subdomain));
    const http = sub(rule, 'http');
    if (http && items(http, 'paths').length === 0) errors.push(fieldErrors.required(`spec.rules[${i}].http.paths`));
    for (const [j, path] of items(http, 'paths').entries())
      errors.push(...validateIngressPath(path, `spec.rules[${i}].http.paths[${j}]`));
  }
  return errors;
};
function validateIngressPath(path: FrozenTree, at: string): FieldError[] {
  const type = text(path, 'pathType');
  const errors: FieldError[] = [];
  if (!type) errors.push(fieldErrors.required(`${at}.pathType`, 'pathType must be specified'));
  else errors.push(...oneOf(path, 'pathType', at, ['Exact', 'ImplementationSpecific', 'Prefix']));
  if ((type === 'Exact' || type === 'Prefix') && !text(path, 'path').startsWith('/')) {
    errors.push(fieldErrors.invalid(`${at}.path`, text(path, 'path'), 'must be an absolute path'));
  }
  return [...errors, ...validateBackend(sub(path, 'backend') ?? {}, `${at}.backend`)];
}
function validateBackend(backend: FrozenTree | undefined, at: string): FieldError[] {
  if (!backend) return [];
  const service = sub(backend, 'service');
  if (!service && !sub(backend, 'resource')) return [fieldErrors.required(at, 'port name or number is required')];
  if (!service) return [];
  const port = sub(service, 'port');
  const errors = requiredText(service, 'name', `${at}.service`);
  if (!text(port, 'name') && !number(port, 'number'))
    errors.push(fieldErrors.required(`${at}.service.port`, 'port name or number is required'));
  return errors;
}

export const validateNetworkPolicy: Rule = policy => {
  const spec = sub(policy, 'spec') ?? {};
  const errors = validateSelector(sub(spec, 'podSelector'), 'spec.podSelector');
  for (const type of texts(spec, 'policyTypes')) {
    if (type !== 'Ingress' && type !== 'Egress')
      errors.push(fieldErrors.notSupported('spec.policyTypes[0]', type, ['Egress', 'Ingress']));
  }
  return errors;
};

export const validateEndpointSlice: Rule = (slice, old) => {
  const errors = oneOf(slice, 'addressType', '', ['FQDN', 'IPv4', 'IPv6']).map(e => ({ ...e, field: 'addressType' }));
  for (const [i, endpoint] of items(slice, 'endpoints').entries()) {
    if (texts(endpoint, 'addresses').length === 0) {
      errors.push(fieldErrors.required(`endpoints[${i}].addresses`, 'must contain at least 1 address'));
    }
  }
  if (old && slice['addressType'] !== old['addressType']) {
    errors.push(fieldErrors.invalid('addressType', slice['addressType'], 'field is immutable'));
  }
  return errors;
};
