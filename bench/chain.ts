import { Skiff } from '../tests/lib/skiff.ts';
import { assertNonce, succeed } from './lib/client.ts';
import { posixSpawnMs, SpawnFloor } from './lib/floor.ts';
import { runPeer } from './lib/peers.ts';
import { chain } from './lib/pipelines.ts';
import { median, printRow, timed } from './lib/row.ts';

const STEPS = 100;
const BLOCKS = 5;
/** A run message has all tasks, 1.7 ms of the daemon: asked for each 20 ms it was a twelfth of what is measured. */
const POLL_MS = 50;
const MAX_FLOOR_RATIO = 8;

/** 100 steps one after the other, blocks of the floor in between; then the peers. */
export async function run(): Promise<void> {
  const floor = await SpawnFloor.open();
  await using skiff = await Skiff.start();
  await succeed(skiff, chain(3, 'warm'));
  await floor.median(5, ['/bin/echo', 'warm']);
  const ours: number[] = [];
  const floors: number[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    floors.push(await floor.median(40, ['/bin/echo', 'floor']));
    const nonce = `nonce-${block}-${process.pid}`;
    let id = '';
    ours.push((await timed(async () => (id = await succeed(skiff, chain(STEPS, nonce), {}, POLL_MS)))) / STEPS);
    await assertNonce(skiff, id, nonce, STEPS);
  }
  await floor.close();
  const floorMs = median(floors);
  const spawnMs = posixSpawnMs(200);
  const stepMs = median(ours);
  const invalid =
    floorMs > MAX_FLOOR_RATIO * spawnMs ? `invalid: the floor is ${(floorMs / spawnMs).toFixed(1)} x posix-spawn` : undefined;
  const common = { bench: 'chain', unit: 'ms', n: BLOCKS } as const;
  printRow({
    ...common,
    name: 'spawn-floor',
    value: floorMs,
    peer: 'posix-spawn',
    peerValue: spawnMs,
    ...(invalid ? { note: invalid } : {}),
  });
  printRow({ ...common, name: 'step', value: stepMs, peer: 'spawn-floor', peerValue: floorMs });
  printRow({ ...common, name: 'step-over-floor', value: stepMs - floorMs, peer: 'spawn-floor', peerValue: floorMs });
  for (const [peer, steps] of [
    ['kfp-local', 20],
    ['prefect', STEPS],
  ] as const) {
    const r = runPeer(peer, 'chain.py', [String(steps)]);
    printRow({
      ...common,
      name: `step-vs-${peer}`,
      value: stepMs,
      peer,
      peerValue: r.ms === null ? null : r.ms / steps,
      ...(r.note ? { note: r.note } : {}),
    });
  }
}
