import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { launch } from '../../node/launch/index.ts';
import { type Command, UserError } from '../command.ts';

/** Fills an empty home; one with anything in it is left alone. */
export const run: Command['run'] = async c => {
  const source = c.args[0];
  if (!source) throw new UserError('usage: skiff restore FILE', 2);
  if (!existsSync(source)) throw new UserError(`${source} is not there`);
  if (existsSync(c.home.folder) && readdirSync(c.home.folder).length > 0)
    throw new UserError(`${c.home.folder} is not empty; restore into an empty home: skiff restore ${source} --home DIR`);
  c.home.create();
  const code = await launch(['tar', '-xpf', resolve(source), '-C', c.home.folder]);
  if (code !== 0 || !existsSync(c.home.path('kube.db'))) throw new UserError(`${source} is not a backup of Skiff`);
  c.print(`restored ${c.home.folder}; start it with: skiff up --detach`);
  return 0;
};
