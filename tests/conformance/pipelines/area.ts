import { checkers } from './kfp-ir.ts';
import { PipelinesWorld } from './world.ts';

export const area = {
  checkers,
  open: () => PipelinesWorld.open(),
  close: (world: PipelinesWorld) => world.close(),
  concurrency: 3,
};
