import type { Command } from '../command.ts';
import type { Act } from './run-acts.ts';

/** The command table. A command's code is loaded when it runs: `skiff help` and clients stay quick. */
const lazy = (c: Omit<Command, 'run'>, load: () => Promise<{ run: Command['run'] }>): Command => ({
  ...c,
  run: async x => (await load()).run(x),
});
const runAct = (name: Act, summary: string): Command => ({
  name,
  usage: `${name} RUN…`,
  summary,
  run: async c => (await import('./run-acts.ts')).act(name, c),
});
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const namespace = { namespace: { type: 'string', short: 'n' } } as const;

export const commands: readonly Command[] = [
  lazy(
    {
      name: 'up',
      usage: 'up [--port N] [--detach] [--fake-nodes N] [--engine-socket PATH|none] [--json]',
      summary: 'start Skiff; --port N takes N to N+4, 0 picks free ones',
      options: {
        port: text,
        detach: { type: 'boolean', short: 'd' },
        json: flag,
        'node-mode': text,
        'engine-socket': text,
        'crash-at': text,
        'fake-nodes': text,
      },
    },
    () => import('./up.ts'),
  ),
  lazy({ name: 'down', usage: 'down', summary: 'stop Skiff and its Pods' }, () => import('./down.ts')),
  lazy(
    { name: 'status', usage: 'status [--json]', summary: 'what runs, where, and what isolation it has', options: { json: flag } },
    () => import('./status.ts'),
  ),
  lazy({ name: 'open', usage: 'open', summary: 'print a one-time link that signs a browser in' }, () => import('./open.ts')),
  lazy(
    {
      name: 'run',
      usage: 'run FILE|PIPELINE [-p k=v] [--follow]',
      summary: 'run a compiled or stored pipeline; --clone RUN runs one again',
      options: {
        param: { type: 'string', short: 'p', multiple: true },
        follow: { type: 'boolean', short: 'f' },
        name: text,
        experiment: text,
        clone: text,
        ...namespace,
      },
    },
    () => import('./run.ts'),
  ),
  lazy(
    {
      name: 'upload',
      usage: 'upload FILE [--name N] [--pipeline N]',
      summary: 'store a compiled pipeline, or a new version of one',
      options: { name: text, pipeline: text },
    },
    () => import('./upload.ts'),
  ),
  lazy({ name: 'list', usage: 'list runs', summary: 'the newest runs', options: namespace }, () => import('./list.ts')),
  runAct('terminate', 'stop a run and its Pods'),
  runAct('retry', 'run again what failed, keeping what succeeded'),
  runAct('archive', 'put runs away'),
  runAct('unarchive', 'bring runs back'),
  runAct('delete', 'delete runs, their Pods and their history'),
  lazy(
    {
      name: 'logs',
      usage: 'logs POD|RUN [--task T] [--follow]',
      summary: 'the log of a Pod, or of a task of a run',
      options: { follow: { type: 'boolean', short: 'f' }, container: { type: 'string', short: 'c' }, task: text, ...namespace },
    },
    () => import('./logs.ts'),
  ),
  lazy(
    {
      name: 'why',
      usage: 'why KIND/NAME [--task T]',
      summary: 'why something is not as asked',
      options: { ...namespace, json: flag, task: text },
    },
    () => import('./why.ts'),
  ),
  lazy(
    {
      name: 'get',
      usage: 'get KIND [NAME] [-o yaml|json]',
      summary: 'objects, as kubectl shows them',
      options: { output: { type: 'string', short: 'o' }, 'all-namespaces': { type: 'boolean', short: 'A' }, ...namespace },
    },
    () => import('./get.ts'),
  ),
  lazy(
    { name: 'env', usage: 'env', summary: 'shell lines that point kubectl and the SDKs at this Skiff' },
    () => import('./env.ts'),
  ),
  lazy(
    { name: 'backup', usage: 'backup FILE', summary: 'a consistent copy of everything, also while running' },
    () => import('./backup.ts'),
  ),
  lazy({ name: 'restore', usage: 'restore FILE', summary: 'fill an empty home from a backup' }, () => import('./restore.ts')),
  lazy(
    { name: 'reset', usage: 'reset --yes', summary: 'stop and delete everything in this home', options: { yes: flag } },
    () => import('./reset.ts'),
  ),
  lazy(
    {
      name: 'demo',
      usage: 'demo [--exit]',
      summary: 'run the lifecycle example from SDK to screen',
      options: { exit: flag, port: text },
    },
    () => import('./demo.ts'),
  ),
];
