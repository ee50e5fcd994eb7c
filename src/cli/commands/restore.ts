import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { launch } from '../../node/launch/index.ts';
import { type Command, UserError } from '../command.ts';
import { LAST_MEMBER } from './backup.ts';

/** Fills an empty home, all or nothing; one with anything in it is left alone. */
export const run: Command['run'] = async c => {
  const source = c.args[0];
  if (!source) throw new UserError('usage: skiff restore FILE', 2);
  if (!existsSync(source)) throw new UserError(`${source} is not there`);
  const { folder } = c.home;
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new UserError(`${folder} is not empty; restore into an empty home: skiff restore ${source} --home DIR`);
  mkdirSync(dirname(folder), { recursive: true });
  const staging = mkdtempSync(`${folder}.restoring-`);
  try {
    const code = await launch(['tar', '-xpf', resolve(source), '-C', staging]);
    if (code !== 0 || !existsSync(join(staging, 'kube.db')) || !existsSync(join(staging, LAST_MEMBER)))
      throw new UserError(`${source} is not a whole backup of Skiff; nothing was restored`);
    rmSync(join(staging, LAST_MEMBER));
    c.home.create();
    for (const name of readdirSync(staging)) {
      rmSync(c.home.path(name), { recursive: true, force: true });
      renameSync(join(staging, name), c.home.path(name));
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  c.print(`restored ${folder}; start it with: skiff up --detach`);
  return 0;
};
