import type { FieldError } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { NEGATIVE, qualifiedName } from '../names.ts';
import { compareQuantities, isWholeQuantity, parseQuantity } from '../quantity.ts';
import { type FrozenTree, sub } from '../tree.ts';

const CONTAINER_RESOURCES = /^(?:cpu|memory|ephemeral-storage|hugepages-.+)$/;
/** Those whose limit may be higher than the request. */
const OVERCOMMIT = /^(?:cpu|memory|ephemeral-storage)$/;

/** A resource's name: a standard one, or one with a domain. */
function validateName(name: string, path: string): FieldError[] {
  const problems = qualifiedName(name).map(p => fieldErrors.invalid(path, name, p));
  if (problems.length > 0 || name.includes('/') || CONTAINER_RESOURCES.test(name)) return problems;
  return [
    fieldErrors.invalid(path, name, 'must be a standard resource type or fully qualified'),
    fieldErrors.invalid(path, name, 'must be a standard resource for containers'),
  ];
}

/** One amount: not negative, and whole where parts make no sense. */
export function validateAmount(name: string, amount: unknown, path: string): FieldError[] {
  const quantity = parseQuantity(amount);
  if (!quantity) return [];
  if (quantity.nanos < 0n) return [fieldErrors.invalid(path, amount, NEGATIVE)];
  return name.includes('/') && !isWholeQuantity(amount) ? [fieldErrors.invalid(path, amount, 'must be an integer')] : [];
}

/** Requests and limits of a container. @source kubernetes pkg/apis/core/validation/validation.go ValidateResourceRequirements (from knowledge) */
export function validateResources(resources: FrozenTree | undefined, path: string): FieldError[] {
  const limits = sub(resources, 'limits') ?? {};
  const requests = sub(resources, 'requests') ?? {};
  const errors: FieldError[] = [];
  for (const [name, limit] of Object.entries(limits)) {
    errors.push(...validateName(name, `${path}.limits[${name}]`), ...validateAmount(name, limit, `${path}.limits[${name}]`));
  }
  for (const [name, request] of Object.entries(requests)) {
    errors.push(
      ...validateName(name, `${path}.requests[${name}]`),
      ...validateAmount(name, request, `${path}.requests[${name}]`),
    );
    const limit = limits[name];
    const equalsLimit = limit !== undefined && compareQuantities(request, limit) === 0;
    if (!OVERCOMMIT.test(name)) {
      if (limit === undefined)
        errors.push(fieldErrors.required(`${path}.limits`, `Limit must be set for non overcommitable resources`));
      else if (!equalsLimit)
        errors.push(fieldErrors.invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
    } else if (limit !== undefined && compareQuantities(request, limit) > 0) {
      errors.push(fieldErrors.invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return errors;
}
