import { apiErrors } from '../errors.ts';

const DEEPEST = 200;
const MOST_VALUES = 2_000_000;

/**
 * Refuses a value that would not survive being written as JSON: too deep for a stack, or YAML aliases of aliases that grow
 * without end when they are spelled out.
 * @throws ApiError 400
 */
export function checkJsonSize(value: unknown): void {
  let values = 0;
  const visit = (v: unknown, depth: number): void => {
    if (depth > DEEPEST) throw apiErrors.invalidInput(`a value is nested more than ${DEEPEST} levels deep`);
    if (++values > MOST_VALUES) throw apiErrors.invalidInput(`a value has more than ${MOST_VALUES} members`);
    if (typeof v !== 'object' || v === null) return;
    for (const member of Object.values(v)) visit(member, depth + 1);
  };
  visit(value, 0);
}
