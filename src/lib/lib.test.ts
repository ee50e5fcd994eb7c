import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, fnv32a, jsonLogger, seededIds, sha256Hex, systemClock, systemIds, VirtualClock } from './index.ts';

test('a virtual clock fires in order of time and stands still in between', async () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  clock.after(20, () => fired.push('b'));
  clock.after(10, () => {
    fired.push('a');
    clock.after(5, () => fired.push('a+5'));
  });
  const cancel = clock.after(15, () => fired.push('never'));
  cancel();
  await clock.advance(9);
  assert.deepEqual(fired, []);
  await clock.advance(100);
  assert.deepEqual(fired, ['a', 'a+5', 'b']);
  assert.equal(clock.now().toISOString(), '2026-01-01T00:00:00.109Z');
});

for (const [name, clock] of [
  ['virtual', new VirtualClock()],
  ['system', systemClock],
] as const) {
  test(`sleep on the ${name} clock ends with the reason of an abort`, async () => {
    const abort = new AbortController();
    const sleeping = clock.sleep(10_000, abort.signal);
    abort.abort(new Error('enough'));
    await assert.rejects(sleeping, /enough/);
  });
}

test('seeded ids repeat and look like real ones', () => {
  const [a, b] = [seededIds(7), seededIds(7)];
  assert.equal(a.uuid(), b.uuid());
  assert.notEqual(a.uuid(), seededIds(8).uuid());
  assert.match(a.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(systemIds.suffix(), /^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  assert.equal(systemIds.suffix(8).length, 8);
  assert.ok(systemIds.random() >= 0 && systemIds.random() < 1);
});

test('hashes agree with their definitions', () => {
  assert.equal(fnv32a(''), 0x811c9dc5);
  assert.equal(fnv32a('a'), 0xe40c292c);
  assert.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('canonical JSON does not depend on the order of members', () => {
  assert.equal(canonicalJson({ b: [1, { d: 1, c: undefined }], a: 'x' }), '{"a":"x","b":[1,{"d":1}]}');
  assert.equal(canonicalJson({ a: 'x', b: [1, { d: 1 }] }), canonicalJson({ b: [1, { d: 1 }], a: 'x' }));
});

test('the log holds one JSON object a line, with the stack of errors', () => {
  const lines: string[] = [];
  const log = jsonLogger(new VirtualClock(), l => lines.push(l), { room: 'lib' });
  log.with({ name: 'x' }).error('it broke', { error: new Error('boom') });
  const entry = JSON.parse(lines[0]!) as Record<string, string>;
  assert.deepEqual([entry['level'], entry['message'], entry['room'], entry['name']], ['error', 'it broke', 'lib', 'x']);
  assert.match(entry['error']!, /boom[\s\S]*lib\.test/);
});
