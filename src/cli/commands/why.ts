import type { Why } from '../../kube/index.ts';
import { type Command, type Context, UserError } from '../command.ts';
import { DoorClient } from '../door-client.ts';
import { findRun, nodeOf } from '../runs.ts';

/** The sentence, the chain from symptom to cause, the last log lines and the remedy. */
export const run: Command['run'] = async c => {
  const [kind, name] = (c.args[0] ?? '').includes('/') ? (c.args[0] as string).split('/', 2) : [c.args[0], c.args[1]];
  if (!kind || !name) throw new UserError('usage: skiff why KIND/NAME', 2);
  const door = DoorClient.of(c.home);
  const isRun = /^runs?$/i.test(kind);
  const view = isRun ? await findRun(door, name) : undefined;
  const task = c.options['task'] as string | undefined;
  if (view && task) {
    const node = nodeOf(view, task);
    return print(
      node.why ?? { sentence: `Task ${node.id} is ${node.state}${node.message ? `: ${node.message}` : ''}.`, chain: [] },
      c,
    );
  }
  const target = view ?? { name, namespace: (c.options['namespace'] as string | undefined) ?? 'default' };
  const query = new URLSearchParams({ kind: isRun ? 'Run' : kind, name: target.name, namespace: target.namespace });
  const why = await door.json<Why>(`/console/api/why?${query}`);
  return print(why, c);
};

function print(why: Why, c: Context): number {
  if (c.options['json']) {
    c.print(JSON.stringify(why));
    return 0;
  }
  c.print(why.sentence);
  for (const s of why.chain) c.print(`  ${s.at ? `${s.at}  ` : ''}${s.kind} ${s.name}: ${s.what}`);
  if (why.logTail?.length) {
    c.print('  last lines of its log:');
    for (const line of why.logTail) c.print(`    ${line}`);
  }
  if (why.remedy) c.print(`${why.remedy.label}: ${why.remedy.command}`);
  return 0;
}
