import { type Context, UserError } from '../command.ts';
import { DoorClient } from '../door-client.ts';
import { findRun, nameOf } from '../runs.ts';

const ACTS = {
  terminate: { method: 'POST', suffix: ':terminate', done: 'is being terminated' },
  retry: { method: 'POST', suffix: ':retry', done: 'runs again from what failed' },
  archive: { method: 'POST', suffix: ':archive', done: 'archived' },
  unarchive: { method: 'POST', suffix: ':unarchive', done: 'back from the archive' },
  delete: { method: 'DELETE', suffix: '', done: 'deleted' },
} as const;
export type Act = keyof typeof ACTS;

/** The same act on each named run; all are found before the first is touched. */
export async function act(name: Act, c: Context): Promise<number> {
  if (c.args.length === 0) throw new UserError(`usage: skiff ${name} RUN…`, 2);
  const door = DoorClient.of(c.home);
  const runs = [];
  for (const typed of c.args) runs.push(await findRun(door, nameOf(typed)));
  const { method, suffix, done } = ACTS[name];
  for (const run of runs) {
    await door.fetch(`/apis/v2beta1/runs/${run.runId}${suffix}`, { method });
    c.print(`run ${run.displayName} (${run.runId}) ${done}`);
  }
  return 0;
}
