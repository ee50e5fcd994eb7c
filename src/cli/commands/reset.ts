import { existsSync, rmSync } from 'node:fs';
import { type Command, UserError } from '../command.ts';
import { run as down } from './down.ts';

/** Deletes a home: only one that is a home, and only when asked twice. */
export const run: Command['run'] = async c => {
  if (!c.options['yes'])
    throw new UserError(`this deletes every run, artifact and object in ${c.home.folder}; say: skiff reset --yes`, 2);
  if (c.home.daemon()) await down(c);
  if (!existsSync(c.home.path('kube.db'))) throw new UserError(`${c.home.folder} is no Skiff home: it has no kube.db`);
  rmSync(c.home.folder, { recursive: true, force: true });
  c.print(`deleted ${c.home.folder}`);
  return 0;
};
