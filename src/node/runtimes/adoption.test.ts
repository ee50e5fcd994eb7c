import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { TestRuntime } from './testing.ts';
import { encodeMessage } from './wire.ts';

const DAEMON = path.join(import.meta.dirname, 'testing-daemon.ts');
const newHome = () => mkdtemp(path.join(tmpdir(), 'skiff-'));

/** Runs a daemon that starts a Pod and is then killed by SIGKILL: after the start, or where it kills itself. */
async function killedDaemon(order: { home: string; uid: string; script: string; point?: string }): Promise<void> {
  const child = fork(DAEMON, { stdio: 'ignore' });
  const gone = once(child, 'exit');
  child.send(order);
  await Promise.race([once(child, 'message'), gone]);
  child.kill('SIGKILL');
  await gone;
}

test('Pods outlive a killed daemon: adopted with address, outcome, exec and network', async () => {
  const home = await newHome();
  const script = 'while [ ! -e /tmp/go ]; do sleep 0.01; done; echo bye; exit 3';
  await killedDaemon({ home, uid: 'p', script });
  await using t = await TestRuntime.open({ home });
  const fact = t.runtime.fact('p')!;
  assert.equal(fact.sandbox, 'ready');
  assert.equal(fact.containers[0]!.state, 'running');
  await t.run('q', ['/bin/sleep', '1000']);
  await t.running('q');
  assert.notEqual(t.runtime.fact('q')!.podIP, fact.podIP);
  const ping = ['/usr/bin/python3', '-c', `import socket; s=socket.socket(); print(s.connect_ex(("${fact.podIP}", 1)))`];
  const session = await t.runtime.exec('q', 'main', { argv: ping, stdin: false, tty: false });
  assert.equal(await text(session.stdout!), '111\n', 'the adopted Pod answers: connection refused');
  await t.runtime.startContainer('p', t.container('p', ['/bin/true'], { name: 'later' }));
  assert.equal((await t.exited('p', 'later')).exitCode, 0);
  const go = await t.runtime.exec('p', 'main', { argv: ['touch', '/tmp/go'], stdin: false, tty: false });
  await go.exit;
  assert.equal((await t.exited('p')).exitCode, 3);
  assert.match(readFileSync(t.logPath('p'), 'utf8'), /bye\n$/);
});

test('an outcome while no daemon lives is found on disk', async () => {
  const home = await newHome();
  await killedDaemon({ home, uid: 'p', script: 'sleep 0.2; echo why >/dev/termination-log; exit 5' });
  const status = path.join(home, 'run/p/main.0.status');
  while (!(await readFile(status).catch(() => undefined))) await new Promise(resolve => setImmediate(resolve));
  await using t = await TestRuntime.open({ home });
  const fact = t.runtime.fact('p')!.containers[0]!;
  assert.deepEqual([fact.state, fact.exitCode, fact.terminationMessage], ['exited', 5, 'why\n']);
});

test('a supervisor that died without an outcome is lost; so is a Pod of another boot', async () => {
  await using t = await TestRuntime.open();
  await t.run('p', ['/bin/sleep', '1000']);
  await t.running('p');
  process.kill(Number(readFileSync(path.join(t.home, 'run/p/pid'), 'utf8').split(' ')[0]), 'SIGKILL');
  const fact = await t.until('p', pod => pod.sandbox === 'lost' && pod);
  assert.equal(fact.containers[0]!.state, 'running', 'what was known last');
  const home = await newHome();
  await mkdir(path.join(home, 'run/old'), { recursive: true });
  await writeFile(path.join(home, 'run/old/spec'), encodeMessage(['1', 'another-boot', 7, '10.244.0.7', '{}']));
  await writeFile(path.join(home, 'run/old/pid'), '1 1\n');
  await using other = await TestRuntime.open({ home });
  assert.equal(other.runtime.fact('old')!.sandbox, 'lost');
});

for (const point of ['before-spec-fsync', 'between-fork-and-pid', 'before-first-status'])
  test(`killed ${point}: the Pod either never was, or is adopted; never started twice`, async () => {
    const home = await newHome();
    await mkdir(path.join(home, 'volume'));
    await killedDaemon({ home, uid: 'p', script: 'sleep 0.05; exit 4', point });
    await using t = await TestRuntime.open({ home });
    const fact = t.runtime.fact('p');
    if (point === 'before-first-status') assert.equal(fact?.containers.length, 1);
    else assert.equal(fact, undefined);
    await t.run('p', ['/bin/sh', '-c', 'exit 4']);
    assert.equal((await t.exited('p')).exitCode, 4);
    assert.equal(t.runtime.fact('p')!.containers.length, 1);
  });

test('a killed spawner is replaced, and requests go on', async () => {
  await using t = await TestRuntime.open();
  await t.run('p', ['/bin/sleep', '1000']);
  const supervisor = readFileSync(path.join(t.home, 'run/p/pid'), 'utf8').split(' ')[0]!;
  const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${supervisor}/status`, 'utf8'))![1]!;
  process.kill(Number(parent), 'SIGKILL');
  await t.run('q', ['/bin/sh', '-c', 'exit 6']);
  assert.equal((await t.exited('q')).exitCode, 6);
  assert.equal(t.runtime.fact('p')!.sandbox, 'ready');
});
