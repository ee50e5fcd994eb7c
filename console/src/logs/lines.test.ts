import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { podLog } from '../../fixtures/logs.ts';
import { ansiSpans, plainText } from './ansi.ts';
import { density, foldRepeats, parseLine, searchLines } from './lines.ts';

const lines = podLog('churn-train-7').map((line, i) => parseLine(line, i + 1));
describe('log lines', () => {
  it('takes time and level off the text', () => {
    assert.deepEqual(parseLine('2026-11-24T14:48:20.120Z WARN batch_size 4096', 191), {
      number: 191,
      at: Date.parse('2026-11-24T14:48:20.120Z'),
      level: 'WARN',
      raw: 'batch_size 4096',
      text: 'batch_size 4096',
    });
  });
  it('knows a Python traceback as an error', () => assert.equal(parseLine('ValueError: no rows', 1).level, 'ERROR'));
  it('keeps lines without a time', () => assert.equal(parseLine('hello', 1).at, undefined));
  it('numbers the mock’s kill line 212', () => assert.match(lines[211]!.text, /^killed: container train/));
  it('folds alike lines but never warnings', () => {
    const entries = foldRepeats(lines, new Set());
    const folds = entries.filter(e => e.kind === 'fold');
    assert.ok(folds.length >= 2);
    assert.ok(folds.every(f => f.lines.every(l => l.level !== 'WARN' && l.level !== 'ERROR')));
    assert.equal(
      entries.reduce((n, e) => n + (e.kind === 'fold' ? e.lines.length : 1), 0),
      lines.length,
    );
  });
  it('opens a fold by the number of its first line', () => {
    const first = foldRepeats(lines, new Set()).find(e => e.kind === 'fold')!;
    assert.ok(!foldRepeats(lines, new Set([first.id])).some(e => e.kind === 'fold' && e.id === first.id));
  });
  it('finds by expression and explains a broken one', () => {
    assert.equal(searchLines(lines, 'rss|memory').hits.length, 9);
    assert.match(searchLines(lines, '(').error!, /Invalid regular expression/);
  });
  it('counts every line once in the density', () =>
    assert.equal(
      density(lines, 40)!.slices.reduce((n, s) => n + s.lines, 0),
      lines.length,
    ));
});
describe('ansi', () => {
  it('turns SGR codes into spans', () => {
    assert.deepEqual(ansiSpans('a \u001b[1;31mred\u001b[0m b'), [
      { text: 'a ', classes: '' },
      { text: 'red', classes: 'a-bold a-red' },
      { text: ' b', classes: '' },
    ]);
  });
  it('drops other control sequences', () => assert.equal(plainText('\u001b[2K\u001b[1Gdone'), 'done'));
});
