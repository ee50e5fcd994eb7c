import type { FieldError } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { httpHeaderName, portNumber } from '../names.ts';
import { type FrozenTree, items, number, sub, texts } from '../tree.ts';
import { notNegative, oneOf, portOrName, requiredText } from './common.ts';

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

/** What a probe or hook does: exactly one thing. */
function validateHandler(handler: FrozenTree, path: string): FieldError[] {
  const kinds = HANDLERS.filter(h => sub(handler, h));
  if (kinds.length === 0) return [fieldErrors.required(path, 'must specify a handler type')];
  const errors = kinds.slice(1).map(h => fieldErrors.forbidden(`${path}.${h}`, 'may not specify more than 1 handler type'));
  const [kind = ''] = kinds;
  const action = sub(handler, kind)!;
  const at = `${path}.${kind}`;
  if (kind === 'exec' && texts(action, 'command').length === 0) errors.push(fieldErrors.required(`${at}.command`));
  if (kind === 'httpGet') {
    errors.push(
      ...requiredText(action, 'path', at),
      ...portOrName(action['port'], `${at}.port`),
      ...oneOf(action, 'scheme', at, ['HTTP', 'HTTPS']),
    );
    for (const [i, header] of items(action, 'httpHeaders').entries())
      errors.push(...requiredText(header, 'name', `${at}.httpHeaders[${i}]`, httpHeaderName));
  }
  if (kind === 'tcpSocket') errors.push(...portOrName(action['port'], `${at}.port`));
  if (kind === 'grpc')
    errors.push(...portNumber(number(action, 'port') ?? 0).map(p => fieldErrors.invalid(`${at}.port`, action['port'] ?? 0, p)));
  return errors;
}

/** @source kubernetes pkg/apis/core/validation/validation.go validateProbe (from knowledge) */
export function validateProbes(container: FrozenTree, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = sub(container, name);
    if (!probe) continue;
    const at = `${path}.${name}`;
    errors.push(
      ...validateHandler(probe, at),
      ...notNegative(probe, at, 'initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'),
    );
    if (name !== 'readinessProbe' && number(probe, 'successThreshold') !== 1) {
      errors.push(fieldErrors.invalid(`${at}.successThreshold`, probe['successThreshold'] ?? 0, 'must be 1'));
    }
    const grace = number(probe, 'terminationGracePeriodSeconds');
    if (grace === undefined) continue;
    if (name === 'readinessProbe') {
      errors.push(fieldErrors.invalid(`${at}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'));
    } else if (grace <= 0)
      errors.push(fieldErrors.invalid(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
  return errors;
}

export function validateLifecycle(container: FrozenTree, path: string): FieldError[] {
  const lifecycle = sub(container, 'lifecycle');
  return ['postStart', 'preStop'].flatMap(hook => {
    const handler = sub(lifecycle, hook);
    return handler ? validateHandler(handler, `${path}.lifecycle.${hook}`) : [];
  });
}
