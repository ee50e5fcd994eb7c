import { type Command, UserError } from '../command.ts';
import { DoorClient } from '../door-client.ts';
import { findRun, nameOf, nodeOf } from '../runs.ts';

/** The log of a Pod by its name, or of a task of a run: its last attempt's. */
export const run: Command['run'] = async c => {
  const name = c.args[0];
  const task = (c.options['task'] as string | undefined) ?? c.args[1];
  if (!name) throw new UserError('usage: skiff logs POD|RUN [TASK] [--follow]', 2);
  const door = DoorClient.of(c.home);
  const target = task
    ? await taskPod(door, name, task)
    : { namespace: (c.options['namespace'] as string | undefined) ?? 'default', pod: name };
  const query = new URLSearchParams();
  if (c.options['follow']) query.set('follow', 'true');
  if (c.options['container']) query.set('container', c.options['container'] as string);
  const path = `/k8s/api/v1/namespaces/${encodeURIComponent(target.namespace)}/pods/${encodeURIComponent(target.pod)}/log?${query}`;
  for await (const text of door.text(path)) process.stdout.write(text);
  return 0;
};

async function taskPod(door: DoorClient, run: string, task: string): Promise<{ namespace: string; pod: string }> {
  const view = await findRun(door, nameOf(run));
  const node = nodeOf(view, task);
  const pod = node.attempts.at(-1)?.pod;
  if (!pod) throw new UserError(`task ${node.id} has not started a Pod: it is ${node.state}`);
  return { namespace: view.namespace, pod };
}
