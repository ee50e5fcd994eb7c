import { Skiff } from '../tests/lib/skiff.ts';
import { assertNonce, succeed } from './lib/client.ts';
import { posixSpawnMs, SpawnFloor } from './lib/floor.ts';
import { fanout } from './lib/pipelines.ts';
import { printRow, timed } from './lib/row.ts';

const WIDTH = 1_000;
/** A run message has all 1,000 tasks. */
const POLL_MS = 100;

/** 1,000 iterations side by side, against as many Pods of the bare runtime. */
export async function run(): Promise<void> {
  const floor = await SpawnFloor.open();
  const floorMs = await floor.wall(WIDTH, 32, ['/bin/echo', 'floor']);
  await floor.close();
  await using skiff = await Skiff.start();
  await succeed(skiff, fanout(4, 'warm'));
  const nonce = `nonce-${process.pid}`;
  let id = '';
  const ms = await timed(async () => (id = await succeed(skiff, fanout(WIDTH, nonce), {}, POLL_MS)));
  await assertNonce(skiff, id, nonce, WIDTH);
  printRow({
    bench: 'fanout',
    name: 'spawn-floor',
    value: floorMs / WIDTH,
    unit: 'ms',
    peer: 'posix-spawn',
    peerValue: posixSpawnMs(200),
    n: WIDTH,
  });
  const wall = { bench: 'fanout', unit: 'ms', peer: 'spawn-floor, 32 at a time', peerValue: floorMs, n: 1 } as const;
  printRow({ ...wall, name: 'wall', value: ms });
  printRow({ ...wall, name: 'wall-over-floor', value: ms - floorMs });
}
