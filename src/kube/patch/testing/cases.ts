import assert from 'node:assert/strict';
import { parse } from 'yaml';
import type { StatusError } from '../../errors.ts';
import type { Schema } from '../../schema.ts';
import { deepFreeze } from '../../types.ts';
import { strategicMergePatch } from '../index.ts';

/** Follows `$ref`s into one graph of shared nodes, as the registry does for built-in kinds. */
export function resolveDefinitions(definitions: Record<string, Record<string, unknown>>, root: string): Schema {
  const nodes = new Map<string, Record<string, unknown>>();
  const named = (name: string): Record<string, unknown> => {
    let node = nodes.get(name);
    if (!node) {
      node = {};
      nodes.set(name, node);
      Object.assign(node, walk(definitions[name] ?? {}));
    }
    return node;
  };
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    const { $ref, ...own } = value as Record<string, unknown>;
    const entries = Object.entries(own).map(([key, member]) => [key, walk(member)]);
    if (typeof $ref !== 'string') return Object.fromEntries(entries);
    const target = named($ref.split('/').at(-1)!);
    if (entries.length === 0) return target;
    // Members of the target are read late: the graph is cyclic.
    return Object.create(target, Object.fromEntries(entries.map(([key, member]) => [key, { value: member, enumerable: true }])));
  };
  return named(root) as Schema;
}

export type PatchCase = Record<'name' | 'Original' | 'TwoWay' | 'Modified' | 'Current' | 'ThreeWay' | 'Result', string> & {
  TwoWayResult?: string;
  ExpectedError?: string;
};

/** @throws AssertionError when a case of upstream's patch_test.go ends otherwise */
export function checkPatchCase(c: PatchCase, schema: Schema): void {
  const apply = (doc: string, patch: string) =>
    strategicMergePatch(deepFreeze(parse(doc) ?? {}), deepFreeze(parse(patch) ?? {}), schema);
  if (c.ExpectedError) {
    assert.throws(
      () => apply(c.Original, c.TwoWay),
      (e: StatusError) => e.message.includes(c.ExpectedError!),
      c.name,
    );
    return;
  }
  assert.deepEqual(apply(c.Original, c.TwoWay), parse(c.TwoWayResult ?? c.Modified), `two-way: ${c.name}`);
  if (c.ThreeWay) assert.deepEqual(apply(c.Current, c.ThreeWay), parse(c.Result), `three-way: ${c.name}`);
}
