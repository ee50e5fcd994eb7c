import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { identities, root, Skiff } from '../lib/skiff.ts';

const PYTHON = join(root, '.cache/python/bin/python');

for (const as of identities) {
  describe(`the unmodified kfp client as ${as}`, () => {
    test('uploads, runs, waits, lists, terminates, retries, archives and deletes', async () => {
      await using skiff = await Skiff.start({ as });
      const nonce = `n${process.pid}${as}`;
      const script = join(skiff.home, 'kfp_client.py');
      cpSync(join(import.meta.dirname, 'kfp_client.py'), script);
      const r = skiff.run([PYTHON, script, skiff.ready.kfp, skiff.ready.tokenFile, skiff.home, nonce], { timeoutMs: 240_000 });
      assert.equal(r.status, 0, r.stderr.slice(-3_000) + r.stdout);
      const said = Object.fromEntries(
        r.stdout
          .split('\n')
          .filter(l => l.includes(': ') && !l.includes(' details: '))
          .map(l => [l.slice(0, l.indexOf(': ')), l.slice(l.indexOf(': ') + 2)]),
      );
      assert.deepEqual(said, {
        uploaded: `shouting-${nonce}`,
        versions: `['second', 'shouting-${nonce}']`,
        'found by name': 'True',
        listed: 'True',
        'by version': 'SUCCEEDED',
        'from function': 'SUCCEEDED',
        'runs listed': 'True',
        tasks: "['shout', 'shout-2']",
        terminating: 'CANCELING',
        terminated: said['terminated'],
        failed: 'FAILED',
        retried: 'FAILED',
        archived: 'ARCHIVED',
        deleted: '404',
        'experiment archived': 'ARCHIVED',
        health: 'False',
      });
      assert.match(said['terminated']!, /^FAILED, terminated by user, history \[.*'CANCELING', 'CANCELED', 'FAILED'\]$/);
    });
  });
}
