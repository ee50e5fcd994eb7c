import { celRules } from './crd-cel.ts';
import { proto } from './proto.ts';
import { roundtrip } from './roundtrip.ts';
import { smd } from './smd.ts';
import { strategicpatch } from './strategicpatch.ts';
import { ApimachineryWorld } from './world.ts';

export const area = {
  checkers: [...celRules, ...roundtrip, ...smd, ...strategicpatch, ...proto],
  open: () => ApimachineryWorld.open(),
  close: (world: ApimachineryWorld) => world.close(),
  concurrency: 1,
};
