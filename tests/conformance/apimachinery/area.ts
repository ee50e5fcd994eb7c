import { celRules } from './crd-cel.ts';
import { roundtrip } from './roundtrip.ts';
import { smd } from './smd.ts';
import { ApimachineryWorld } from './world.ts';

export const area = {
  checkers: [...celRules, ...roundtrip, ...smd],
  open: () => ApimachineryWorld.open(),
  close: (world: ApimachineryWorld) => world.close(),
  concurrency: 1,
};
