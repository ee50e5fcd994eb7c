import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpressionError } from './evaluator.ts';
import { evaluateJsonPath } from './jsonpath.ts';

const store = {
  metadata: { name: 'x', annotations: { 'a.b/c': 'dotted' } },
  spec: { replicas: 3, off: false },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', weight: 2 },
      { type: 'Other', status: 'False', weight: 7 },
    ],
    list: [10, 20, 30, 40],
    nested: { deep: { name: 'inner' } },
  },
};

const cases: [string, unknown[]][] = [
  ['.metadata.name', ['x']],
  ['{.metadata.name}', ['x']],
  ['$.metadata.name', ['x']],
  ['metadata.name', ['x']],
  ['.metadata.annotations.a\\.b/c', ['dotted']],
  [".metadata.annotations['a.b/c']", ['dotted']],
  [".spec['replicas','off']", [3, false]],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type == 'Ready')].status", ['True']],
  ['.status.conditions[?(@.type!="Ready")].status', ['False']],
  ['.status.conditions[?(@.weight>=7)].type', ['Other']],
  ['.status.conditions[?(@.weight)].type', ['Ready', 'Other']],
  ['.status.conditions[?(@.missing)].type', []],
  ['.status.list[0]', [10]],
  ['.status.list[-1]', [40]],
  ['.status.list[1:3]', [20, 30]],
  ['.status.list[:2]', [10, 20]],
  ['.status.list[-2:]', [30, 40]],
  ['.status.list[0:4:2]', [10, 30]],
  ['.status.list[0,2]', [10, 30]],
  ['.status.list[9]', []],
  ['.status.conditions[*].type', ['Ready', 'Other']],
  ['.spec.*', [3, false]],
  ['..name', ['x', 'inner']],
  ['.missing.name', []],
  ['.spec.toString', []],
];
for (const [path, expected] of cases) {
  test(`finds ${path}`, () => {
    assert.deepEqual(evaluateJsonPath(path, store), expected);
  });
}

test('refuses what does not parse', () => {
  for (const path of ['.a[', '.a[?(@.b==)]', '.a[?(@.b=="c"]', ".a['b]", '.a[x]', '.a)']) {
    assert.throws(() => evaluateJsonPath(path, store), ExpressionError, path);
  }
});
