import { celRules } from './crd-cel.ts';
import { roundtrip } from './roundtrip.ts';
import { ApimachineryWorld } from './world.ts';

export const area = {
  checkers: [...celRules, ...roundtrip],
  open: () => ApimachineryWorld.open(),
  close: (world: ApimachineryWorld) => world.close(),
  concurrency: 1,
};
