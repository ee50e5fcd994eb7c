import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { definitionOf, parseNotation } from '../../../src/apiserver/schema/index.ts';
import { strategicMergePatch } from '../../../src/kube/index.ts';
import { checkPatchCase, type PatchCase, resolveDefinitions } from '../../../src/kube/patch/testing/cases.ts';
import type { Checker } from '../case.ts';
import type { ApimachineryWorld } from './world.ts';

/** Schemas of a document of either version of OpenAPI. One of them has commas before closing braces. */
function definitionsOf(path: string): Record<string, Record<string, unknown>> {
  const document = JSON.parse(readFileSync(path, 'utf8').replace(/,(\s*[}\]])/g, '$1'));
  return document.definitions ?? document.components.schemas;
}

/** Every case by one document. */
function checkCases(casesPath: string, schemaPath: string): void {
  const cases = JSON.parse(readFileSync(casesPath, 'utf8')) as PatchCase[];
  const schema = resolveDefinitions(definitionsOf(schemaPath), 'mergeItem');
  for (const c of cases) checkPatchCase(c, schema);
  assert.ok(cases.length >= 80, `${cases.length} cases`);
}

/** Tagged in a later release only: in the OpenAPI document of 1.36, which we follow, it has no patch strategy. */
const LATER = new Set(['PodStatus.nodeAllocatableResourceClaimStatuses']);

export const strategicpatch: readonly Checker<ApimachineryWorld>[] = [
  {
    name: 'cases of patch_test.go',
    prefix: 'strategicpatch/cases.json',
    expectation: /^YAML inputs/,
    async check(c) {
      for (const name of ['swagger-merge-item.json', 'swagger-merge-item-v3.json'])
        checkCases(c.path, join(dirname(c.path), name));
    },
  },
  {
    // A schema holds when all cases do that are read with it.
    name: 'schema of the cases',
    prefix: 'strategicpatch/swagger-merge-item',
    expectation: /^schema for strategic merge/,
    check: async c => checkCases(join(dirname(c.path), 'cases.json'), c.path),
  },
  {
    name: 'schema of numbers',
    prefix: 'strategicpatch/swagger-precision-item',
    expectation: /^schema for strategic merge/,
    async check(c) {
      const schema = resolveDefinitions(definitionsOf(c.path), 'precisionItem');
      // As far as JSON numbers go in JavaScript: 2^53.
      const numbers = { int32: 2 ** 31 - 1, int64: 2 ** 53 - 1, float32: 1.5, float64: 1e-300 };
      for (const field of Object.keys(numbers)) assert.ok(schema.properties?.[field], field);
      assert.deepEqual(strategicMergePatch({ name: 'a', int64: 1 }, numbers, schema), { name: 'a', ...numbers });
    },
  },
  {
    name: 'patch strategies and merge keys',
    prefix: 'strategicpatch/patch-merge-keys.tsv',
    expectation: /patchMergeKey/,
    async check(c) {
      const rows = readFileSync(c.path, 'utf8').trim().split('\n').slice(1);
      const wrong: string[] = [];
      let known = 0;
      for (const row of rows) {
        const [file, type, field, strategy, key] = row.split('\t');
        const definition = definitionOf(`${file!.replace('/types.go', '').replaceAll('/', '.')}.${type}`);
        if (!definition || LATER.has(`${type}.${field}`)) continue;
        known++;
        const notation = parseNotation(definition.fields?.[field!] ?? '');
        if ((notation.patchStrategy ?? '') !== strategy || (notation.patchMergeKey ?? '') !== (key ?? '')) wrong.push(row);
      }
      console.log(`        ${known - wrong.length} of ${known} tags of known types hold, ${rows.length} in all`);
      assert.deepEqual(wrong, []);
      assert.ok(known / rows.length > 0.9);
    },
  },
];
