import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assertSeeded, seed } from '../lib/seed.ts';
import { identities, Skiff } from '../lib/skiff.ts';

/** Every file below a folder, with what is in it. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(f => f.isFile());
  return Object.fromEntries(
    files.map(f => join(f.parentPath, f.name)).map(path => [path, readFileSync(path).toString('base64')]),
  );
}

for (const as of identities) {
  describe(`backup and restore as ${as}`, () => {
    let skiff: Skiff;
    let runId: string;
    let file: string;
    before(async () => {
      skiff = await Skiff.start({ as });
      runId = await seed(skiff);
      file = join(skiff.home, 'backup.tar');
      const { status, stderr } = skiff.skiff('backup', file);
      assert.equal(status, 0, stderr);
    });
    after(() => skiff?.stop());

    test('a backup of a running home restores into an empty one, with its Secrets, artifacts and tokens', async () => {
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const home = join(skiff.home, 'restored');
      const { status, stderr } = skiff.skiff('restore', file, '--home', join(home, '.skiff'));
      assert.equal(status, 0, stderr);
      const token = skiff.token;
      const restored = await Skiff.start({ as, home });
      try {
        assert.equal(restored.token, token, 'the token stays the same');
        await assertSeeded(restored, runId);
        assert.deepEqual(readdirSync(home), ['.skiff'], 'nothing is left beside the home');
      } finally {
        await restored.stop();
      }
    });

    test('a home with anything in it is refused and stays as it is', () => {
      const home = join(skiff.home, 'full');
      skiff.run(['sh', '-c', `mkdir ${home} && echo mine > ${home}/mine`]);
      const before = contents(home);
      const { status, stderr } = skiff.skiff('restore', file, '--home', home);
      assert.equal(status, 1);
      assert.equal(stderr, `skiff: ${home} is not empty; restore into an empty home: skiff restore ${file} --home DIR\n`);
      assert.deepEqual(contents(home), before);
    });

    for (const share of [0.3, 0.98])
      test(`a backup that was cut off after ${share * 100} % is refused and nothing is restored`, () => {
        const cut = join(skiff.home, `cut-${share}.tar`);
        skiff.run(['cp', file, cut]);
        // At a block's end, where tar itself sees nothing wrong.
        truncateSync(cut, Math.floor((statSync(file).size * share) / 512) * 512);
        const home = join(skiff.home, `cut-${share}`);
        const { status, stderr } = skiff.skiff('restore', cut, '--home', home);
        assert.equal(status, 1);
        assert.match(stderr, new RegExp(`skiff: ${cut} is not a whole backup of Skiff; nothing was restored\n$`));
        assert.deepEqual(
          readdirSync(skiff.home).filter(name => name.startsWith(`cut-${share}`)),
          [`cut-${share}.tar`],
        );
      });
  });
}
