import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { chain } from '../../bench/lib/pipelines.ts';
import { seededIds } from '../../src/lib/index.ts';
import { eventually, identities, Skiff } from '../lib/skiff.ts';

const KILLS = 20;
const PODS = 12;
const WRITERS = 8;
const MIN_WRITES_PER_SECOND = 50;
/** Where the daemon dies by its own hand, each at least once; the other kills come at random moments. */
const POINTS = ['before-spec-fsync', 'between-fork-and-pid', 'before-first-status', 'between-outcome-and-finalizer'];

type Pod = {
  metadata: { name: string; uid: string };
  status?: {
    phase?: string;
    containerStatuses?: { restartCount: number; containerID?: string; state: { running?: { startedAt: string } } }[];
  };
};
const pods = '/k8s/api/v1/namespaces/default/pods';
const maps = '/k8s/api/v1/namespaces/default/configmaps';
const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const pod = (name: string, command: string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { test: 'crash' } },
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', command }] },
});

/** Writes ConfigMaps side by side until the daemon is gone; remembers what was acknowledged. */
class Load {
  readonly acknowledged: string[] = [];
  #running = true;
  #done: Promise<unknown>;
  constructor(skiff: Skiff, round: number) {
    const writer = async (w: number) => {
      for (let i = 0; this.#running; i++) {
        const name = `r${round}-w${w}-${i}`;
        try {
          await skiff.json(maps, post({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { name } }));
          this.acknowledged.push(name);
        } catch {
          return; // The daemon is gone: this one was not acknowledged.
        }
      }
    };
    this.#done = Promise.all(Array.from({ length: WRITERS }, (_, w) => writer(w)));
  }
  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }
}

async function identityOf(skiff: Skiff): Promise<Map<string, string>> {
  const { items } = await skiff.json<{ items: Pod[] }>(`${pods}?labelSelector=test%3Dcrash`);
  return new Map(
    items.map(p => {
      const c = p.status?.containerStatuses?.[0];
      return [
        p.metadata.name,
        `${p.metadata.uid} ${p.status?.phase} ${c?.restartCount} ${c?.containerID} ${c?.state.running?.startedAt}`,
      ];
    }),
  );
}

/** The supervisors of this home, by the uid of their Pod: number and start of the process. */
function supervisors(home: string): Map<string, string> {
  const run = join(home, '.skiff/run');
  const uids = readdirSync(run).filter(uid => existsSync(join(run, uid, 'pid')));
  return new Map(uids.map(uid => [uid, readFileSync(join(run, uid, 'pid'), 'utf8')]));
}

/** What was provoked is brought to its end, so that it leads no later daemon to a point. */
async function settled(skiff: Skiff): Promise<void> {
  await eventually('provoked Pods run', async () => {
    const { items } = await skiff.json<{ items: Pod[] }>(pods);
    return items.every(p => p.status?.phase === 'Running');
  });
  await eventually('provoked runs end', async () => {
    const { runs = [] } = await skiff.json<{ runs?: { state: string }[] }>('/apis/v2beta1/runs?page_size=100');
    return runs.every(r => r.state === 'SUCCEEDED');
  });
}

/** What leads the daemon to a point: a new Pod, or a pipeline's step. */
async function provoke(skiff: Skiff, point: string, round: number): Promise<void> {
  if (point === 'between-outcome-and-finalizer')
    await skiff.json('/apis/v2beta1/runs', post({ display_name: `r${round}`, pipeline_spec: chain(1, `r${round}`) }));
  else await skiff.json(pods, post({ ...pod('', ['sleep', '600']), metadata: { name: `provoked-${round}` } }));
}

for (const as of identities) {
  describe(`the daemon is killed ${KILLS} times as ${as}`, () => {
    test('no acknowledged write is lost and every Pod is adopted', async t => {
      const seed = process.env['SKIFF_SEED'] ?? String(Date.now());
      t.diagnostic(`seed ${seed}`);
      const ids = seededIds(seed);
      let skiff = await Skiff.start({ as });
      const home = skiff.home;
      try {
        await Promise.all(Array.from({ length: PODS }, (_, i) => skiff.json(pods, post(pod(`steady-${i}`, ['sleep', '3600'])))));
        await eventually(
          'all Pods run',
          async () => [...(await identityOf(skiff)).values()].filter(v => v.includes(' Running ')).length === PODS,
        );
        const before = await identityOf(skiff);
        const acknowledged: string[] = [];
        const hit = new Set<string>();
        let busyMs = 0;
        for (let round = 0; round < KILLS; round++) {
          const point = POINTS[round % 5];
          if (point) {
            await skiff.stop({ signal: 'SIGKILL', keepHome: true });
            skiff = await Skiff.start({ as, home, args: ['--crash-at', point] });
          }
          const startMs = performance.now();
          const load = new Load(skiff, round);
          const died = new Promise<NodeJS.Signals | null>(resolve => skiff.process.once('exit', (_, signal) => resolve(signal)));
          if (point) {
            await provoke(skiff, point, round).catch(() => {}); // It may die before it answers.
            assert.equal(await died, 'SIGKILL', `the daemon did not reach ${point}`);
            hit.add(point);
          } else {
            await new Promise(resolve => setTimeout(resolve, 200 + ids.random() * 800));
            skiff.process.kill('SIGKILL');
            await died;
          }
          await load.stop();
          busyMs += performance.now() - startMs;
          acknowledged.push(...load.acknowledged);
          const kept = supervisors(home);
          skiff = await Skiff.start({ as, home });
          await settled(skiff);
          assert.deepEqual(await adopted(skiff, before), before, `round ${round}: Pods were not adopted as they were`);
          if (point === 'before-first-status') {
            const { metadata, status } = await skiff.json<Pod>(`${pods}/provoked-${round}`);
            assert.ok(kept.has(metadata.uid), 'the new Pod had a supervisor when the daemon died');
            assert.equal(supervisors(home).get(metadata.uid), kept.get(metadata.uid), 'the new Pod was started again');
            assert.equal(status?.containerStatuses?.[0]?.restartCount, 0);
          }
        }
        const rate = acknowledged.length / (busyMs / 1000);
        t.diagnostic(`${acknowledged.length} writes acknowledged, ${rate.toFixed(0)} a second, under ${KILLS} kills`);
        assert.ok(rate >= MIN_WRITES_PER_SECOND, `only ${rate.toFixed(0)} writes a second`);
        assert.deepEqual([...hit].sort(), [...POINTS].sort());
        assert.deepEqual(await missing(skiff, acknowledged), []);
      } finally {
        await skiff.stop();
      }
    });
  });
}

/** The state of the steady Pods once the new daemon has looked at them all. */
async function adopted(skiff: Skiff, wanted: Map<string, string>): Promise<Map<string, string>> {
  const now = await identityOf(skiff);
  return new Map([...now].filter(([name]) => wanted.has(name)));
}
async function missing(skiff: Skiff, names: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (let token = ''; ; ) {
    const page = await skiff.json<{ items: { metadata: { name: string } }[]; metadata: { continue?: string } }>(
      `${maps}?limit=500&continue=${token}`,
    );
    for (const i of page.items) found.add(i.metadata.name);
    token = page.metadata.continue ?? '';
    if (!token) return names.filter(n => !found.has(n));
  }
}
