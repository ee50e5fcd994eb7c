import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Script, weigh } from './budget.ts';

const scripts = new Map<string, Script>([
  ['main', { code: 'main()', imports: ['react', 'parts'] }],
  ['react', { code: 'react()', imports: [] }],
  ['parts', { code: 'parts()', imports: ['react'] }],
  ['page', { code: 'page()', imports: ['react', 'chart'] }],
  ['chart', { code: 'chart()', imports: ['page'] }],
]);
const size = (...names: string[]): number => names.reduce((sum, n) => sum + gzipSync(scripts.get(n)!.code).length, 0);

test('a script weighs with all it imports, each once', () => {
  assert.equal(weigh(scripts, ['main'], new Set()), size('main', 'react', 'parts'));
});
test('a page weighs only what is not loaded before it', () => {
  assert.equal(weigh(scripts, ['page'], new Set(['react'])), size('page', 'chart'));
});
