import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { rewritePaths } from './plain-paths.ts';
import { TestRuntime } from './testing.ts';

const sh = (script: string) => ['/bin/sh', '-c', script];
const open = () => TestRuntime.open({ mode: 'plain' });

test('plain: a container logs, leaves a message and an exit code', async () => {
  await using t = await open();
  assert.equal(t.runtime.info.isolation.status, 'False');
  await t.run('a', sh('echo out; echo why >/dev/termination-log; printf tail; exit 7'));
  const fact = await t.exited('a');
  assert.deepEqual([fact.exitCode, fact.terminationMessage], [7, 'why\n']);
  const lines = readFileSync(t.logPath('a'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines.map(line => line.slice(31)),
    ['stdout F out', 'stdout P tail'],
  );
});

test('plain: own volumes are reached by rewritten paths; what cannot be is refused with the reason', async () => {
  await using t = await open();
  const source = path.join(t.home, 'volumes/v');
  await mkdir(source, { recursive: true });
  const mounts = [{ kind: 'bind', source, target: '/workspace', readOnly: false, idmap: true } as const];
  await t.run('a', sh('echo hi >/workspace/f; echo $DIR'), { mounts, env: [{ name: 'DIR', value: '/workspace/x:/workspaces' }] });
  await t.exited('a');
  assert.equal(readFileSync(path.join(source, 'f'), 'utf8'), 'hi\n');
  assert.match(readFileSync(t.logPath('a'), 'utf8'), new RegExp(`${source}/x:/workspaces`));
  await t.run('b', ['/bin/true'], { mounts: [{ kind: 'bind', source: '/usr', target: '/data', readOnly: true, idmap: false }] });
  assert.match((await t.exited('b')).startError!, /plain mode cannot mount \/data/);
  await t.run('c', ['no-such-program']);
  assert.match((await t.exited('c')).startError!, /executable file not found/);
});

test('plain: stop, grace and exec', async () => {
  await using t = await open();
  await t.run('deaf', sh('trap "" TERM; while :; do sleep 0.01; done'));
  await t.running('deaf');
  const session = await t.runtime.exec('deaf', 'main', { argv: sh('cat; exit 3'), stdin: true, tty: false });
  session.stdin!.end('in');
  assert.deepEqual([await text(session.stdout!), (await session.exit).exitCode], ['in', 3]);
  await t.runtime.stopContainer('deaf', 'main', 100);
  assert.deepEqual([(await t.exited('deaf')).exitCode, (await t.exited('deaf')).signal], [137, 9]);
});

test('plain: a closed runtime ends its Pods, and the next one reports them as lost', async () => {
  const first = await open();
  await first.run('p', ['/bin/sleep', '1000']);
  await first.running('p');
  await first.runtime.close();
  await using t = await TestRuntime.open({ mode: 'plain', home: first.home });
  assert.equal(t.runtime.facts().get('p')!.sandbox, 'lost');
});

test('paths are rewritten whole, the longest first', () => {
  const paths = new Map([
    ['/tmp', '/p/tmp'],
    ['/tmp/a', '/v/a'],
  ]);
  assert.equal(rewritePaths('cp /tmp/a/x "/tmp/ab" /var/tmp --out=/tmp', paths), 'cp /v/a/x "/p/tmp/ab" /var/tmp --out=/p/tmp');
});
