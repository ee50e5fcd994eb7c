import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { assertSeeded } from '../lib/seed.ts';
import { identities, root, Skiff } from '../lib/skiff.ts';

const fixtures = globSync(join(root, 'tests/fixtures/home-*.tar.gz'));
/** What a refused start may still write. */
const SCRATCH = /^(?:logs|run|envs)\/|\.db-(?:wal|shm)$/;

function contents(home: string): Record<string, string> {
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter(f => f.isFile());
  const paths = files.map(f => relative(home, join(f.parentPath, f.name))).filter(path => !SCRATCH.test(path));
  return Object.fromEntries(paths.sort().map(path => [path, readFileSync(join(home, path)).toString('base64')]));
}

describe('homes of earlier commits', () => {
  let skiff: Skiff;
  before(async () => (skiff = await Skiff.start({ as: identities.at(-1)! })));
  after(() => skiff?.stop());
  /** Restores a fixture into a folder of its own and gives that folder. */
  function restored(fixture: string, name: string): string {
    const file = join(skiff.home, basename(fixture));
    assert.equal(skiff.run(['cp', fixture, file]).status, 0);
    const folder = join(skiff.home, name);
    const { status, stderr } = skiff.skiff('restore', file, '--home', join(folder, '.skiff'));
    assert.equal(status, 0, stderr);
    return folder;
  }

  assert.ok(fixtures.length > 0);
  for (const fixture of fixtures)
    test(`${basename(fixture)} opens and everything reads`, async () => {
      const opened = await Skiff.start({ as: identities.at(-1)!, home: restored(fixture, basename(fixture, '.tar.gz')) });
      try {
        await assertSeeded(opened);
      } finally {
        await opened.stop();
      }
    });

  for (const [file, insert, reason] of [
    [
      'kube.db',
      "INSERT INTO migration VALUES ('9999-future')",
      /^skiff: kube\.db was written by a later release of Skiff, which knows 9999-future\. Start that release, or use another home\.\n$/,
    ],
    [
      'ledger.db',
      "INSERT INTO migration VALUES ('data/9999-future', 'x')",
      /^skiff: \S+ledger\.db was written by a newer Skiff: this one does not know data\/9999-future\. Start the newer version, .+\n$/,
    ],
  ] as const)
    test(`a home whose ${file} is from the future is refused and stays as it is`, () => {
      const home = join(restored(fixtures[0]!, `future-${file}`), '.skiff');
      const db = new DatabaseSync(join(home, file));
      db.exec(insert);
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      db.close();
      for (const left of ['-wal', '-shm']) rmSync(join(home, file + left), { force: true });
      const before = contents(home);
      const { status, stderr } = skiff.skiff('up', '--home', home, '--port', '0');
      assert.equal(status, 1);
      assert.match(stderr, reason);
      assert.deepEqual(contents(home), before);
    });
});
