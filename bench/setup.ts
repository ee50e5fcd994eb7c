/** Installs every peer into an environment of its own, from its hashed lock file. Never part of CI. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tests/lib/skiff.ts';

const uv = join(root, '.cache/tools/bin/uv');
for (const name of readdirSync(join(root, 'bench/peers'))) {
  const folder = join(root, '.cache/peers', name);
  if (existsSync(join(folder, 'bin/python'))) {
    console.log(`${name}: there`);
    continue;
  }
  const env = { ...process.env, UV_PYTHON_DOWNLOADS: 'never' };
  spawnSync(uv, ['venv', '--quiet', '--python', '/usr/bin/python3', folder], { env, stdio: 'inherit' });
  const lock = join(root, 'bench/peers', name, 'requirements.lock');
  const done = spawnSync(
    uv,
    ['pip', 'install', '--quiet', '--require-hashes', '--python', join(folder, 'bin/python'), '-r', lock],
    { env, stdio: 'inherit' },
  );
  console.log(`${name}: ${done.status === 0 ? 'installed' : `failed with ${done.status}`}`);
}
