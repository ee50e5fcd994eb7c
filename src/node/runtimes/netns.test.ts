import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { TestRuntime } from './testing.ts';

const sh = (script: string) => ['/bin/sh', '-c', script];

test('a container logs, leaves a message and an exit code, and nothing stays after removal', async () => {
  await using t = await TestRuntime.open();
  await t.run('a', sh('echo out; echo err >&2; printf why >/dev/termination-log; printf tail; exit 7'));
  const fact = await t.exited('a');
  assert.equal(fact.exitCode, 7);
  assert.equal(fact.terminationMessage, 'why');
  assert.match(t.runtime.facts().get('a')!.podIP!, /^10\.\d+\.\d+\.\d+$/);
  const lines = readFileSync(t.logPath('a'), 'utf8').trimEnd().split('\n');
  assert.match(lines[0]!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z stdout F out$/);
  assert.deepEqual(lines.map(line => line.slice(31)).sort(), ['stderr F err', 'stdout F out', 'stdout P tail']);
  await t.runtime.removeSandbox('a');
  assert.equal(existsSync(path.join(t.home, 'run', 'a')), false);
  assert.equal(t.runtime.facts().has('a'), false);
});
