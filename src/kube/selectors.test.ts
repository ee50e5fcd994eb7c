import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFieldSelector, parseLabelSelector, selectorOf } from './selectors.ts';

test('label selectors match as Kubernetes documents', () => {
  const labels = { app: 'web', tier: 'front', 'x.io/n': '7' };
  const cases: [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app!=web', false],
    ['missing!=x', true],
    ['app in (a, web)', true],
    ['app notin (a,web)', false],
    ['missing notin (a)', true],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['x.io/n>5,x.io/n<8', true],
    ['x.io/n>7', false],
    ['app=', false],
  ];
  for (const [text, expected] of cases) assert.equal(parseLabelSelector(text).matches(labels), expected, text);
});

test('a broken label selector is a 400', () => {
  for (const text of ['a in b', 'a=b=c', '=x', 'a,,b'])
    assert.throws(() => parseLabelSelector(text), { message: /^unable to parse requirement: / }, text);
});

test('selectors of specs include expressions; an absent one matches nothing', () => {
  assert.equal(selectorOf(undefined), undefined);
  const s = selectorOf({ matchLabels: { a: '1' }, matchExpressions: [{ key: 'b', operator: 'NotIn', values: ['2'] }] });
  assert.equal(s?.matches({ a: '1' }), true);
  assert.equal(s?.matches({ a: '1', b: '2' }), false);
  assert.equal(s?.toString(), 'a=1,b!=2');
});

test('field selectors keep order and negation', () => {
  assert.deepEqual(parseFieldSelector('metadata.name=x,status.phase!=Running'), [
    { field: 'metadata.name', equals: true, value: 'x' },
    { field: 'status.phase', equals: false, value: 'Running' },
  ]);
  assert.throws(() => parseFieldSelector('nonsense'), { message: /invalid selector/ });
});
