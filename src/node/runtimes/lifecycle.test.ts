import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { TestRuntime } from './testing.ts';

const sh = (script: string) => ['/bin/sh', '-c', script];
let t: TestRuntime;
before(async () => {
  t = await TestRuntime.open();
});
after(() => t[Symbol.asyncDispose]());

const log = (uid: string, name?: string) =>
  readFileSync(t.logPath(uid, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => line.slice(31))
    .join('|');
const exec = async (uid: string, argv: string[], input?: string) => {
  const session = await t.runtime.exec(uid, 'main', { argv, stdin: input !== undefined, tty: false });
  session.stdin?.end(input);
  const [out, err, { exitCode }] = await Promise.all([text(session.stdout!), text(session.stderr!), session.exit]);
  return { out, err, exitCode };
};

test('a container logs, leaves a message and an exit code, and nothing stays after removal', async () => {
  await t.run('a', sh('echo out; printf why >/dev/termination-log; printf tail; exit 7'));
  const fact = await t.exited('a');
  assert.equal(fact.exitCode, 7);
  assert.equal(fact.terminationMessage, 'why');
  assert.equal(log('a'), 'stdout F out|stdout P tail');
  assert.match(readFileSync(t.logPath('a'), 'utf8'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z stdout F out\n/);
  await t.runtime.removeSandbox('a');
  assert.equal(existsSync(path.join(t.home, 'run', 'a')), false);
  assert.equal(t.runtime.fact('a'), undefined);
});

test('two Pods write the same path at once and see their own', async () => {
  const script = 'echo $0 >/tmp/x; while [ ! -e /tmp/go ]; do sleep 0.01; done; cat /tmp/x';
  await Promise.all(['x1', 'x2'].map(uid => t.run(uid, ['/bin/sh', '-c', script, uid])));
  await Promise.all(['x1', 'x2'].map(uid => t.running(uid)));
  for (const uid of ['x1', 'x2']) await exec(uid, ['touch', '/tmp/go']);
  for (const uid of ['x1', 'x2']) {
    await t.exited(uid);
    assert.equal(log(uid), `stdout F ${uid}`);
  }
});

test('a command that cannot start is a start error with the reason, and exit code 128', async () => {
  await t.run('none', ['no-such-program']);
  const fact = await t.exited('none');
  assert.equal(fact.exitCode, 128);
  assert.match(fact.startError!, /exec: "no-such-program": executable file not found in \$PATH/);
  await t.run('vol', ['/bin/true'], {
    mounts: [{ kind: 'bind', source: '/no/such/folder', target: '/data', readOnly: false, idmap: false }],
  });
  assert.match((await t.exited('vol')).startError!, /\/no\/such\/folder: No such file/);
});

test('containers of a Pod share addresses and processes, not files; a restart is the next attempt', async () => {
  await t.run('many', sh('sleep 1000'));
  await t.runtime.startContainer('many', t.container('many', sh('touch /tmp/mine; hostname; exit 3'), { name: 'side' }));
  assert.equal((await t.exited('many', 'side')).exitCode, 3);
  assert.equal(log('many', 'side'), 'stdout F many');
  assert.equal((await exec('many', ['ls', '/tmp'])).out, '');
  await t.runtime.startContainer('many', t.container('many', sh('exit 4'), { name: 'side', attempt: 1 }));
  assert.equal((await t.exited('many', 'side', 1)).exitCode, 4);
  await t.runtime.startContainer('many', t.container('many', sh('exit 5'), { name: 'side', attempt: 1 }));
  assert.equal((await t.exited('many', 'side', 1)).exitCode, 4, 'said again: nothing happens');
});

test('the stop signal comes first, SIGKILL after the grace; leftovers end with their container', async () => {
  await t.run('kind', sh('trap "exit 0" TERM; echo ready; while :; do sleep 0.01; done'));
  await t.run('deaf', sh('trap "" TERM; setsid sleep 1000 & while :; do sleep 0.01; done'));
  await Promise.all([t.running('kind'), t.running('deaf')]);
  while (!existsSync(t.logPath('kind')) || !log('kind').includes('ready')) await new Promise(r => setImmediate(r));
  await t.runtime.stopContainer('kind', 'main', 5000);
  assert.equal((await t.exited('kind')).exitCode, 0);
  await t.runtime.stopContainer('deaf', 'main', 150);
  const deaf = await t.exited('deaf');
  assert.deepEqual([deaf.exitCode, deaf.signal], [137, 9]);
});

test('exec has streams, exit code and the container as its world', async () => {
  await t.run('ex', ['/bin/sleep', '1000'], { env: [{ name: 'COLOR', value: 'red' }], workingDir: '/work' });
  await t.running('ex');
  assert.deepEqual(await exec('ex', sh('cat; pwd; echo $COLOR; echo e >&2; exit 9'), 'in\n'), {
    out: 'in\n/work\nred\n',
    err: 'e\n',
    exitCode: 9,
  });
  const big = 'x'.repeat(3_000_000);
  assert.equal((await exec('ex', ['cat'], big)).out.length, big.length);
  assert.equal((await exec('ex', ['nope'])).exitCode, 127);
  const session = await t.runtime.exec('ex', 'main', { argv: sh('stty size; read x; stty size'), stdin: true, tty: true });
  session.resize(100, 40);
  session.stdin!.end('\n');
  assert.match(await text(session.stdout!), /40 100\r\n$/);
  await assert.rejects(t.runtime.exec('ex', 'other', { argv: ['true'], stdin: false, tty: false }), /not running/);
});

test('closing an exec kills its command', async () => {
  await t.run('cut', ['/bin/sleep', '1000']);
  await t.running('cut');
  const session = await t.runtime.exec('cut', 'main', { argv: sh('echo $$; exec sleep 77'), stdin: false, tty: false });
  const pid = await new Promise<string>(resolve => session.stdout!.once('data', d => resolve(String(d).trim())));
  session.kill();
  for (;;) {
    const { exitCode } = await exec('cut', ['test', '-d', `/proc/${pid}`]);
    if (exitCode === 1) break;
  }
});

test('mounts: own volumes, host folders, sub paths, files and tops over layers, also where the host has no such place', async () => {
  const dir = (name: string) => path.join(t.home, 'volumes', name);
  for (const name of ['vol/sub', 'host', 'layer/site', 'top']) await mkdir(dir(name), { recursive: true });
  await writeFile(path.join(dir('host'), 'f'), 'host');
  await writeFile(path.join(dir('layer'), 'site/v'), 'layer');
  for (const name of ['vol', 'vol/sub', 'host', 'layer', 'layer/site', 'top']) await chmod(dir(name), 0o755);
  const script = `set -e; echo 1 >/mnt/models/a; echo 2 >/usr/local/data/b; cat /opt/ml/host/f; cat /etc/podinfo/labels
cat /opt/skiff/env/abc/site/v; echo top >/opt/skiff/env/abc/site/v; cat /opt/skiff/env/abc/site/v; test ! -w /usr; stat -c %u /mnt/models/a`;
  await t.run('m', sh(script), {
    mounts: [
      { kind: 'bind', source: dir('vol'), target: '/mnt/models', readOnly: false, idmap: true },
      { kind: 'bind', source: dir('vol'), subPath: 'sub', target: '/usr/local/data', readOnly: false, idmap: true },
      { kind: 'bind', source: dir('host'), target: '/opt/ml/host', readOnly: true, idmap: false },
      { kind: 'file', content: 'a="1"', target: '/etc/podinfo/labels' },
      {
        kind: 'overlay',
        lowers: [dir('layer')],
        upper: `${dir('top')}/u`,
        work: `${dir('top')}/w`,
        target: '/opt/skiff/env/abc',
      },
    ],
  });
  const fact = await t.exited('m');
  assert.equal(fact.startError, undefined);
  assert.equal(log('m').replaceAll('|', '').replaceAll('stdout F ', ' ').replaceAll('stdout P ', ' '), ' hosta="1"layertop 0');
  assert.equal(readFileSync(path.join(dir('vol'), 'sub/b'), 'utf8'), '2\n');
  assert.equal((await stat(path.join(dir('vol'), 'a'))).uid, process.getuid!());
  assert.equal(readFileSync(path.join(dir('layer'), 'site/v'), 'utf8'), 'layer');
});

test('a sub path does not leave its volume', async () => {
  await mkdir(path.join(t.home, 'v2'), { recursive: true });
  const { symlink } = await import('node:fs/promises');
  await symlink('/', path.join(t.home, 'v2', 'evil'));
  const mount = {
    kind: 'bind',
    source: path.join(t.home, 'v2'),
    subPath: 'evil/etc',
    target: '/d',
    readOnly: false,
    idmap: true,
  } as const;
  await t.run('evil', ['/bin/true'], { mounts: [mount] });
  assert.match((await t.exited('evil')).startError!, /subPath evil\/etc/);
});

test('a Pod sees neither the Skiff folder nor secrets of the host, and cannot become more', async () => {
  await writeFile(path.join(t.home, 'key'), 'secret');
  const script = `cat ${t.home}/key /etc/shadow /root/.bashrc /proc/1/environ; ls /proc/1/root /proc/1/fd
unshare -U true; unshare -m true; mount -t tmpfs x /mnt; echo 1 >/proc/sys/vm/swappiness; kill -9 1; touch /etc/x /usr/x; echo alive; grep -E 'Cap(Eff|Bnd)|NoNew' /proc/self/status`;
  await t.run('curious', sh(script));
  await t.exited('curious');
  const out = log('curious')
    .split('|')
    .filter(line => line.startsWith('stdout'));
  const capabilities = process.getuid!() === 0 ? '00000000000000fb' : '0000000000000000';
  assert.deepEqual(
    out.map(line => line.slice(9).replace(/\s+/g, ' ')),
    ['alive', `CapEff: ${capabilities}`, `CapBnd: ${capabilities}`, 'NoNewPrivs: 1'],
  );
});

test('a user of its own, a read-only root with a writable message file, and a terminal', async () => {
  if (process.getuid!() === 0) {
    await t.run('who', sh('id -u; id -g; touch /root/x || echo no'), { runAsUser: 1000, runAsGroup: 2000 });
    await t.exited('who');
    assert.match(log('who'), /stdout F 1000\|stdout F 2000\|.*stdout F no(\||$)/);
  } else {
    await t.run('who', sh('id -u'), { runAsUser: 1000 });
    await t.exited('who');
    assert.equal(log('who'), 'stdout F 1000');
  }
  await t.run('ro', sh('touch /tmp/x 2>/dev/null || echo read-only; echo m >/dev/termination-log'), { readOnlyRoot: true });
  assert.equal((await t.exited('ro')).terminationMessage, 'm\n');
  assert.equal(log('ro'), 'stdout F read-only');
  await t.run('tty', sh('tty; test -t 1 && echo yes'), { tty: true });
  await t.exited('tty');
  assert.equal(log('tty'), 'stdout F /dev/pts/0\r|stdout F yes');
});

test('a container over its memory limit is killed and says so', async () => {
  const eat = ['/usr/bin/python3', '-c', 'x = bytearray(300 << 20)\nimport time\ntime.sleep(60)'];
  await t.run('fat', eat, { limits: { memoryBytes: 64 << 20 } });
  const fact = await t.exited('fat');
  assert.deepEqual([fact.exitCode, fact.oomKilled], [137, true]);
});

test('a flood of output is rotated and loses nothing of the end', async () => {
  await t.run('flood', sh('yes 0123456789012345678901234567890123456789 | head -n 400000; echo end'));
  await t.exited('flood');
  const files = await readdir(path.dirname(t.logPath('flood')));
  assert.ok(files.length >= 2 && files.length <= 5, files.join());
  assert.match(log('flood'), /stdout F end$/);
  assert.ok((await stat(t.logPath('flood'))).size <= 10 << 20);
});
