import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { TestRuntime } from './testing.ts';

/** Resolves when a log has the text. */
async function logged(file: string, text: string): Promise<void> {
  const watcher = watch(path.dirname(file));
  try {
    await new Promise<void>(resolve => {
      const look = async () => {
        if ((await readFile(file, 'utf8').catch(() => '')).includes(text)) resolve();
      };
      watcher.on('change', look);
      void look();
    });
  } finally {
    watcher.close();
  }
}

test('a terminal shows its prompt before the line ends and takes the answer', async () => {
  await using t = await TestRuntime.open({ mode: 'netns' });
  await t.run('tty', ['sh', '-c', "printf 'name? '; read n; echo hi $n"], { stdin: true, tty: true });
  await logged(t.logPath('tty'), ' stdout P name? \n');
  const input = await t.runtime.attach('tty', 'main', { once: true });
  input.resize(100, 30);
  input.stdin.write('bob\n');
  assert.equal((await t.exited('tty')).exitCode, 0);
  assert.match(await readFile(t.logPath('tty'), 'utf8'), / stdout F hi bob\r?\n/);
  input.close();
});

for (const mode of ['netns', 'plain'] as const) {
  test(`with once the input ends when the attached one goes, in mode ${mode}`, async () => {
    await using t = await TestRuntime.open({ mode });
    await t.run('once', ['cat'], { stdin: true });
    await t.running('once');
    (await t.runtime.attach('once', 'main', { once: false })).close();
    const input = await t.runtime.attach('once', 'main', { once: true });
    input.stdin.write('hello\n');
    await logged(t.logPath('once'), ' stdout F hello\n');
    input.close();
    assert.equal((await t.exited('once')).exitCode, 0);
  });
}

test('what does not run cannot be attached to', async () => {
  await using t = await TestRuntime.open({ mode: 'netns' });
  await t.run('gone', ['true']);
  await t.exited('gone');
  await assert.rejects(t.runtime.attach('gone', 'main', { once: true }), /could not be attached to: container is not running/);
});
