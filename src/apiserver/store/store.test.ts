import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import fc from 'fast-check';
import { isReason } from '../../kube/errors.ts';
import type { Obj } from '../../kube/types.ts';
import { seededIds, silentLogger, VirtualClock } from '../../lib/index.ts';
import { Store, type StoredResource } from './store.ts';

const masterKey = new Uint8Array(32).fill(7);
const HOUR = 3_600_000;

function open(
  folder: string,
  clock = new VirtualClock(),
): { store: Store; pods: StoredResource; secrets: StoredResource; clock: VirtualClock } {
  const store = new Store({ path: join(folder, 'kube.db'), clock, ids: seededIds(1), log: silentLogger, masterKey });
  const pods = store.resource({ group: '', plural: 'pods', historyMs: HOUR, encrypted: false, indexed: [], fields: () => ({}) });
  const secrets = store.resource({
    group: '',
    plural: 'secrets',
    historyMs: HOUR,
    encrypted: true,
    indexed: [],
    fields: () => ({}),
  });
  return { store, pods, secrets, clock };
}
async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-store-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
const pod = (name: string, value: string): Obj => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'a', uid: `uid-${name}-${value}`, labels: { value } },
});

test('agrees with a model under random writes, compaction and reopening', () =>
  withFolder(async folder => {
    const operation = fc.record({
      op: fc.constantFrom('put', 'put', 'put', 'remove', 'fail', 'compact', 'reopen'),
      name: fc.constantFrom('x', 'y', 'z'),
      value: fc.constantFrom('1', '2', '3'),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async operations => {
        const home = mkdtempSync(join(folder, `r${run++}-`));
        let { store, pods, clock } = open(home);
        const live = new Map<string, { rv: number; value: string }>();
        const history: { rv: number; state: string }[] = [];
        let compacted = 0;
        const stateOf = (
          items: readonly { object: { metadata: { name: string; labels?: Readonly<Record<string, string>> } }; rv: number }[],
        ) => items.map(r => `${r.object.metadata.name}=${r.object.metadata.labels?.['value']}@${r.rv}`).join();
        for (const { op, name, value } of operations) {
          const key = `a/${name}`;
          if (op === 'put') {
            const r = await store.write(tx => {
              const old = tx.get(pods, key);
              return old
                ? tx.update(pods, old, pod(name, value))
                : tx.insert(pods, key, {
                    ...pod(name, value),
                    metadata: { ...pod(name, value).metadata, uid: `${name}-${store.rv}` },
                  });
            });
            live.set(name, { rv: r.rv, value });
          } else if (op === 'remove') {
            const old = store.get(pods, key);
            if (old) await store.write(tx => tx.remove(pods, old));
            live.delete(name);
          } else if (op === 'fail') {
            const rv = store.rv;
            await assert.rejects(
              store.write(tx => {
                tx.insert(pods, `a/${name}-new`, pod(`${name}-new`, value));
                throw new Error('no');
              }),
              /no/,
            );
            assert.equal(store.rv, rv);
          } else if (op === 'compact') {
            await clock.advance(HOUR * 2);
            await store.compact();
            compacted = store.compactedRv(pods);
          } else {
            await store.close();
            ({ store, pods } = open(home, clock));
          }
          const expected = [...live]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([n, v]) => `${n}=${v.value}@${v.rv}`)
            .join();
          assert.equal(stateOf(store.list(pods, { namespace: 'a' }, 100)), expected);
          const one = [...live]
            .filter(([, v]) => v.value === '1')
            .map(([n]) => n)
            .sort()
            .join();
          assert.equal(
            store
              .list(pods, {}, 100, { kind: 'label', key: 'value', values: ['1'] })
              .map(r => r.object.metadata.name)
              .join(),
            one,
          );
          history.push({ rv: store.rv, state: expected });
        }
        for (const { rv, state } of history)
          if (rv >= compacted && rv > 0) assert.equal(stateOf(store.listAt(pods, { namespace: 'a' }, 100, rv)), state);
        await store.close();
      }),
      { numRuns: 25 },
    );
  }));

test('delivers changes in order, before the writer is told, and replays the past', () =>
  withFolder(async folder => {
    const { store, pods } = open(folder);
    const seen: string[] = [];
    store.hub.listen(pods.id, changes => seen.push(...changes.map(c => `${c.operation} ${c.rv}`)));
    const first = store
      .write(tx => tx.insert(pods, 'a/x', pod('x', '1')))
      .then(r => {
        assert.deepEqual(seen, ['ADDED 1', 'ADDED 2']);
        return r;
      });
    await Promise.all([first, store.write(tx => tx.insert(pods, 'a/y', pod('y', '1')))]);
    await store.write(tx => tx.remove(pods, tx.get(pods, 'a/x')!));
    assert.deepEqual(seen, ['ADDED 1', 'ADDED 2', 'DELETED 3']);
    await store.close();
    const again = open(folder);
    assert.deepEqual(
      again.store.changesSince(again.pods, 1, 10).map(c => `${c.operation} ${c.rv}`),
      ['ADDED 2', 'DELETED 3'],
    );
    await again.clock.advance(HOUR * 2);
    await again.store.write(tx => tx.insert(again.pods, 'a/z', pod('z', '1')));
    await again.store.compact();
    assert.throws(
      () => again.store.changesSince(again.pods, 1, 10),
      e => isReason(e, 'Expired'),
    );
    await again.store.close();
  }));

test('keeps secrets sealed on disk and forgets them with their key', () =>
  withFolder(async folder => {
    const { store, secrets } = open(folder);
    const secret = { ...pod('s', '1'), kind: 'Secret', data: { password: 'aHVudGVyMg==' } };
    await store.write(tx => tx.insert(secrets, 'a/s', secret));
    await store.write(tx => tx.remove(secrets, tx.get(secrets, 'a/s')!));
    await store.close();
    const raw = new DatabaseSync(join(folder, 'kube.db'));
    const bodies = raw
      .prepare('SELECT body FROM version')
      .all()
      .map(r => Buffer.from(r['body'] as Uint8Array).toString('latin1'));
    assert.equal(bodies.length, 2);
    assert.ok(bodies.every(b => !b.includes('aHVudGVyMg')));
    assert.deepEqual(raw.prepare('SELECT * FROM data_key').all(), []);
    raw.close();
    const again = open(folder);
    assert.deepEqual(
      again.store.changesSince(again.secrets, 0, 10).map(c => c.operation),
      ['DELETED'],
    );
    await again.store.close();
  }));

test('refuses a home from the future', () =>
  withFolder(async folder => {
    const { store } = open(folder);
    await store.close();
    const raw = new DatabaseSync(join(folder, 'kube.db'));
    raw.exec("INSERT INTO migration VALUES('9999-later')");
    raw.close();
    assert.throws(() => open(folder), /later release/);
  }));

test('loses nothing acknowledged when killed', () =>
  withFolder(async folder => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'writer.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let acknowledged = 0;
    await new Promise<void>(resolve => {
      child.stdout.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString().split('\n')) if (line) acknowledged = Math.max(acknowledged, Number(line));
        if (acknowledged > 300) child.kill('SIGKILL');
      });
      child.on('close', () => resolve());
    });
    const { store, pods } = open(folder);
    const kept = store.list(pods, {}, 100_000).length;
    assert.ok(kept >= acknowledged, `${kept} kept of ${acknowledged}`);
    const r = await store.write(tx => tx.insert(pods, 'a/after', pod('after', '1')));
    assert.ok(r.rv > kept, 'a revision was used twice');
    await store.close();
  }));

test('tells callers of this process at the commit, all others after the fdatasync', () =>
  withFolder(async folder => {
    const { store, pods, clock } = open(folder);
    const told: string[] = [];
    store.committed.listen(pods.id, changes => told.push(...changes.map(c => `committed ${c.rv}`)));
    store.hub.listen(pods.id, changes => told.push(...changes.map(c => `on disk ${c.rv}`)));
    const early = await store.write(tx => tx.insert(pods, 'a/x', pod('x', '1')), { durable: false });
    assert.deepEqual(told, [`committed ${early.rv}`], 'an answer without waiting for the disk');
    assert.deepEqual(store.changesSince(pods, 0, 10), [], 'a watcher that may outlive the process has to wait');
    const late = await store.write(tx => tx.insert(pods, 'a/y', pod('y', '1')));
    assert.deepEqual(told, [early, late].map(r => `committed ${r.rv}`).concat([early, late].map(r => `on disk ${r.rv}`)));
    const alone = await store.write(tx => tx.insert(pods, 'a/z', pod('z', '1')), { durable: false });
    await store.durable();
    assert.equal(told.at(-1), `on disk ${alone.rv}`);
    const onDisk = new Promise<void>(resolve => store.hub.listen(pods.id, () => resolve()));
    await store.write(tx => tx.remove(pods, tx.get(pods, 'a/z')!), { durable: false });
    clock.advance(10);
    await onDisk;
    await store.close();
  }));
