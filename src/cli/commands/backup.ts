import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { backup } from '../../data/index.ts';
import { systemClock, VERSION } from '../../lib/index.ts';
import { launch } from '../../node/launch/index.ts';
import { type Command, UserError } from '../command.ts';

/** The last member: a file without it was cut off. */
export const LAST_MEMBER = 'backup.json';
/** What a backup leaves out: what is made again (environments, caches) and what belongs to running processes. */
const LEFT_OUT = [
  'kube.db',
  'kube.db-*',
  'ledger.db',
  'ledger.db-*',
  'run',
  'pods',
  'envs',
  'cache',
  'logs',
  'daemon.json',
  '.backup-*',
];
/** Of tar: a file changed while it was read. Pods go on writing to their volumes. */
const SOME_CHANGED = 1;

/** One tar file: both databases as of one moment each, objects first, then keys, artifacts and volumes. */
export const run: Command['run'] = async c => {
  if (!c.args[0]) throw new UserError('usage: skiff backup FILE', 2);
  const target = resolve(c.args[0]);
  const unfinished = `${target}.unfinished`;
  const staging = mkdtempSync(c.home.path('.backup-'));
  try {
    const files = ['kube.db', 'ledger.db'].map(name => ({ from: c.home.path(name), to: `${staging}/${name}` }));
    await backup(files).catch(e => Promise.reject(new UserError(`${c.home.folder} cannot be copied: ${(e as Error).message}`)));
    const about = { version: VERSION, createdAt: systemClock.now().toISOString() };
    writeFileSync(`${staging}/${LAST_MEMBER}`, `${JSON.stringify(about)}\n`);
    const everything = [...LEFT_OUT.map(p => `--exclude=./${p}`), '.'];
    const parts = ['-C', staging, 'kube.db', 'ledger.db', '-C', c.home.folder, ...everything, '-C', staging, LAST_MEMBER];
    const code = await launch(['tar', '-cf', unfinished, ...parts]);
    if (code > SOME_CHANGED) throw new UserError(`tar ended with exit code ${code}; ${target} was not written`);
    chmodSync(unfinished, 0o600);
    renameSync(unfinished, target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
    rmSync(unfinished, { force: true });
  }
  c.print(`wrote ${c.args[0]}`);
  return 0;
};
