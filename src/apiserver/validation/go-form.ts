import { jsonCopy } from '../../kube/index.ts';
import { definitionOf, type Notation, parseNotation } from '../schema/index.ts';
import { canonicalQuantity } from './quantity.ts';
import { isTree, type Tree } from './tree.ts';

/** What Go writes even when zero although it is not required. */
const KEPT = new Set([
  ...['rbac.v1.Role.rules', 'rbac.v1.ClusterRole.rules', 'discovery.v1.EndpointSlice.ports'],
  ...['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'].map(
    f => `policy.v1.PodDisruptionBudgetStatus.${f}`,
  ),
]);

/**
 * A new tree in the form Go gives back after decoding: nulls are gone, and so are zero values of fields that are no pointers;
 * amounts of resources are in canonical form.
 * @source apimachinery pkg/runtime/serializer/json, pkg/api/resource@eed236ceee2c
 */
export function goForm(definitionName: string, value: unknown): unknown {
  const fields = definitionOf(definitionName)?.fields;
  if (!fields || !isTree(value)) return jsonCopy(value);
  const required = definitionOf(definitionName)?.required ?? [];
  const out: Tree = {};
  for (const [key, member] of Object.entries(value)) {
    const notation = Object.hasOwn(fields, key) ? parseNotation(fields[key]!) : undefined;
    if (!notation) {
      out[key] = jsonCopy(member);
      continue;
    }
    const formed = member === null ? undefined : formOf(notation, notation.shape.length, member);
    if (formed === undefined) continue;
    if (!notation.pointer && !required.includes(key) && isZero(formed, notation, `${definitionName}.${key}`)) continue;
    out[key] = formed;
  }
  return out;
}
function formOf(notation: Notation, depth: number, value: unknown): unknown {
  if (depth === 0) return notation.base === 'any' ? jsonCopy(value) : goForm(notation.base, value);
  const isMap = notation.shape[notation.shape.length - depth] === '{}';
  if (Array.isArray(value) && !isMap) return value.map(item => formOf(notation, depth - 1, item));
  if (!isTree(value) || !isMap) return jsonCopy(value);
  const isAmounts = notation.base === 'resource.Quantity' && depth === 1;
  const entries = Object.entries(value).map(([key, member]): [string, unknown] => {
    // A map of texts keeps its keys: null is the empty text.
    if (member === null && notation.base === 'string') return [key, ''];
    return [key, isAmounts ? (canonicalQuantity(member) ?? member) : formOf(notation, depth - 1, member)];
  });
  return Object.fromEntries(entries);
}

function isZero(value: unknown, notation: Notation, field: string): boolean {
  if (KEPT.has(field)) return false;
  if (value === '' || value === 0 || value === false) return notation.base !== 'intstr.IntOrString';
  if (Array.isArray(value)) return value.length === 0;
  // Structs are written even when empty; maps are not.
  return notation.shape.length > 0 && isTree(value) && Object.keys(value).length === 0;
}
