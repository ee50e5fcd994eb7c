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

test('plain: volumes, memory and files of an image are reached by rewritten paths', async () => {
  await using t = await open();
  const source = path.join(t.home, 'volumes/v');
  await mkdir(source, { recursive: true });
  const mounts = [{ kind: 'bind', source, target: '/workspace', readOnly: false, idmap: true } as const];
  await t.run('a', sh('echo hi >/workspace/f; echo $DIR'), { mounts, env: [{ name: 'DIR', value: '/workspace/x:/workspaces' }] });
  await t.exited('a');
  assert.equal(readFileSync(path.join(source, 'f'), 'utf8'), 'hi\n');
  assert.match(readFileSync(t.logPath('a'), 'utf8'), new RegExp(`${source}/x:/workspaces`));
  const host = { kind: 'bind', source, target: '/data', readOnly: true, idmap: false } as const;
  const memory = { kind: 'tmpfs', target: '/quick/er' } as const;
  const program = { kind: 'file', target: '/usr/local/bin/greet', content: '#!/bin/sh\necho hello\n', mode: 0o755 } as const;
  await t.run('b', sh('cat /data/f > /quick/er/f; cat /quick/er/f; greet'), { mounts: [host, memory, program] });
  await t.exited('b');
  assert.match(readFileSync(t.logPath('b'), 'utf8'), / F hi\n.* F hello\n/);
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
  assert.equal(t.runtime.fact('p')!.sandbox, 'lost');
});

test('paths are rewritten whole, the longest first', () => {
  const paths = new Map([
    ['/tmp', '/p/tmp'],
    ['/tmp/a', '/v/a'],
  ]);
  assert.equal(rewritePaths('cp /tmp/a/x "/tmp/ab" /var/tmp --out=/tmp', paths), 'cp /v/a/x "/p/tmp/ab" /var/tmp --out=/p/tmp');
});
