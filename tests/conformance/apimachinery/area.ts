import { checkers } from './crd-cel.ts';
import { ApimachineryWorld } from './world.ts';

export const area = {
  checkers,
  open: () => ApimachineryWorld.open(),
  close: (world: ApimachineryWorld) => world.close(),
  concurrency: 1,
};
