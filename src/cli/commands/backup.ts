import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { backup } from '../../data/index.ts';
import { launch } from '../../node/launch/index.ts';
import { type Command, UserError } from '../command.ts';

/** What a backup leaves out: what is made again (environments, caches) and what belongs to running processes. */
const LEFT_OUT = ['kube.db', 'kube.db-*', 'ledger.db', 'ledger.db-*', 'run', 'envs', 'cache', 'logs', 'daemon.json', '.backup-*'];

/** One tar file: both databases as of one moment each, objects first, then keys, artifacts and volumes. */
export const run: Command['run'] = async c => {
  const target = c.args[0];
  if (!target) throw new UserError('usage: skiff backup FILE', 2);
  const staging = mkdtempSync(c.home.path('.backup-'));
  try {
    const files = ['kube.db', 'ledger.db'].map(name => ({ from: c.home.path(name), to: `${staging}/${name}` }));
    await backup(files).catch(e => Promise.reject(new UserError(`${c.home.folder} cannot be copied: ${(e as Error).message}`)));
    const excluded = LEFT_OUT.map(p => `--exclude=./${p}`);
    const code = await launch([
      'tar',
      '-cf',
      resolve(target),
      '-C',
      staging,
      'kube.db',
      'ledger.db',
      '-C',
      c.home.folder,
      ...excluded,
      '.',
    ]);
    if (code !== 0) throw new UserError(`tar ended with exit code ${code}; ${target} is not a backup`);
    chmodSync(resolve(target), 0o600);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  c.print(`wrote ${target}`);
  return 0;
};
