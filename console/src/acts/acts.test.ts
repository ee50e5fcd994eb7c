import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capsOf, matchPress, nameOf } from './keys.ts';
import type { Act } from './registry.ts';

const act = (id: string, keys: string | string[]): Act => ({ id, label: id, keys, run: () => {} });
const acts = [act('inner', 'x'), act('runs', 'g r'), act('outer', 'x'), act('help', '?')];
const press = (key: string, more: Partial<Parameters<typeof nameOf>[0]> = {}) =>
  nameOf({ key, ctrl: false, shift: false, alt: false, ...more });

describe('keys', () => {
  it('name presses as acts write them', () => {
    assert.equal(press('K', { ctrl: true }), 'ctrl+k');
    assert.equal(press('X', { shift: true }), 'shift+x');
    assert.equal(press('?', { shift: true }), '?');
    assert.equal(press('Enter', { ctrl: true }), 'ctrl+enter');
  });
  it('give a key to the innermost act', () => assert.equal((matchPress(acts, '', 'x') as { act: Act }).act.id, 'inner'));
  it('wait for the second key of a sequence', () => {
    assert.deepEqual(matchPress(acts, '', 'g'), { prefix: 'g' });
    assert.equal((matchPress(acts, 'g', 'r') as { act: Act }).act.id, 'runs');
  });
  it('let a broken sequence start afresh', () => assert.equal((matchPress(acts, 'g', 'x') as { act: Act }).act.id, 'inner'));
  it('draw caps', () => assert.deepEqual(capsOf('ctrl+enter'), ['Ctrl', 'Enter']));
});
