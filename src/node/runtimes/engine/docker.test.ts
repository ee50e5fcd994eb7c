import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestRuntime } from '../testing.ts';
import { RecordedDocker } from './testing.ts';

async function stage() {
  const folder = await mkdtemp(join(tmpdir(), 'skiff-docker-'));
  const docker = await RecordedDocker.listen(folder);
  const t = await TestRuntime.open({ mode: 'plain', engineSocket: docker.socketPath });
  return {
    docker,
    t,
    async [Symbol.asyncDispose]() {
      await t[Symbol.asyncDispose]();
      await docker[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
const real = { image: 'example.com/tool:1' };

test('docker: a container runs, logs and ends, and nothing stays', async () => {
  await using s = await stage();
  const { docker, t } = s;
  await t.runtime.createSandbox(t.sandbox('p', { engine: true }));
  await t.runtime.startContainer('p', t.container('p', ['/tool'], real));
  assert.equal(t.runtime.fact('p')!.containers[0]!.state, 'running');
  await t.runtime.stopContainer('p', 'main', 1_000);
  docker.exitCode = 137;
  docker.end();
  const fact = await t.exited('p');
  assert.deepEqual([fact.exitCode, fact.oomKilled], [137, true]);
  assert.match(await readFile(t.logPath('p'), 'utf8'), / stdout F hello\n$/);
  await t.runtime.removeSandbox('p');
  assert.equal(t.runtime.fact('p'), undefined);
  assert.equal(docker.calls.at(-1), 'DELETE /containers/c1');
});

test('docker: a later daemon finds what runs and its outcome', async () => {
  await using s = await stage();
  const { docker, t } = s;
  await t.runtime.createSandbox(t.sandbox('p', { engine: true }));
  await t.runtime.startContainer('p', t.container('p', ['/tool'], real));
  await t.runtime.close();
  const later = await TestRuntime.open({ mode: 'plain', engineSocket: docker.socketPath, home: t.home });
  assert.equal(later.runtime.fact('p')!.containers[0]!.state, 'running');
  docker.end();
  assert.equal((await later.exited('p')).exitCode, 0);
  await later.runtime.close();
});

test('docker: an image is described, or the refusal of its registry told', async () => {
  await using s = await stage();
  const find = s.t.runtime.findImage!.bind(s.t.runtime);
  assert.deepEqual(await find('example.com/tool:1', 'IfNotPresent'), {
    imageID: 'example.com/tool@sha256:2',
    entrypoint: ['/tool'],
    cmd: [],
    env: { A: 'b' },
    workingDir: '/',
  });
  assert.equal(await find('example.com/nobody:1', 'Never'), undefined);
  await assert.rejects(find('example.com/nobody:1', 'IfNotPresent'), /pull access denied/);
});

test('without an engine no image is found', async () => {
  await using t = await TestRuntime.open({ mode: 'plain', engineSocket: 'none' });
  assert.equal(t.runtime.findImage, undefined);
});
