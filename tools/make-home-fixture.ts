/** Makes tests/fixtures/home-NNNN.tar.gz, a home as today's code writes it: `node tools/make-home-fixture.ts 0001`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { seed } from '../tests/lib/seed.ts';
import { root, Skiff } from '../tests/lib/skiff.ts';

const number = process.argv[2];
if (!/^\d{4}$/.test(number ?? '')) throw new Error('usage: node tools/make-home-fixture.ts NNNN');
const folder = join(root, 'tests/fixtures');
const skiff = await Skiff.start({ as: 'user' });
try {
  await seed(skiff);
  await skiff.stop({ keepHome: true });
  const file = join(skiff.home, 'home.tar');
  const { status, stderr } = skiff.skiff('backup', file);
  if (status !== 0) throw new Error(stderr);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `home-${number}.tar.gz`), gzipSync(readFileSync(file), { level: 9 }));
} finally {
  await skiff.stop();
}
