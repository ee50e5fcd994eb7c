import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { launch } from '../../node/launch/index.ts';
import type { ArtifactView, RunView } from '../../pipelines/api/view.ts';
import { type Command, UserError } from '../command.ts';
import { ensureDaemon } from '../detach.ts';
import { DoorClient } from '../door-client.ts';
import { follow } from '../runs.ts';
import { run as down } from './down.ts';

const root = resolve(import.meta.dirname, '../../..');

/** The lifecycle example: submitted by the unmodified SDK, followed live; Skiff stays up unless --exit. */
export const run: Command['run'] = async c => {
  const python = join(root, '.cache/python/bin/python');
  if (!existsSync(python)) throw new UserError('the Python clients are not installed; run: node tools/setup.ts python');
  const port = c.options['port'] as string | undefined;
  const record = await ensureDaemon(c, port ? ['--port', port] : []);
  const door = DoorClient.of(c.home);
  c.print(`Skiff runs at http://127.0.0.1:${record.ports.console}. Submitting examples/lifecycle/pipeline.py with the kfp SDK …`);
  const runId = await submit(c, python, door.baseUrl);
  const { url } = await door.post<{ url: string }>('/console/api/links', {});
  c.print(`Watch it: ${url.replace('/#', `/runs/${runId}#`)}`);
  const view = await follow(door, runId, c.print);
  report(view, c.print);
  if (c.options['exit']) await down(c);
  else c.print(`Skiff goes on. Look around: skiff open. Stop it: skiff down.`);
  return view.state === 'SUCCEEDED' ? 0 : 1;
};

async function submit(c: Parameters<Command['run']>[0], python: string, host: string): Promise<string> {
  let runId = '';
  const script = join(root, 'examples/lifecycle/pipeline.py');
  const argv = [python, script, '--host', host, '--token-file', c.home.tokenFile];
  const code = await launch(argv, {
    env: c.env,
    onLine: line => (line.startsWith('run_id=') ? (runId = line.slice(7)) : undefined),
  });
  if (code !== 0 || !runId) throw new UserError(`the SDK did not submit the run (exit code ${code})`);
  return runId;
}

function report(view: RunView, print: (line: string) => void): void {
  const seconds =
    view.startedAt && view.finishedAt
      ? ` in ${((Date.parse(view.finishedAt) - Date.parse(view.startedAt)) / 1000).toFixed(1)} s`
      : '';
  print(`${view.state}${seconds}${view.error ? `: ${view.error}` : ''}`);
  const metrics = view.nodes.flatMap(n =>
    n.outputs.artifacts.filter(a => a.type === 'system.Metrics').map(a => ({ task: n.id, ...numbers(a) })),
  );
  for (const { task, values } of metrics)
    print(
      `  ${task}: ${Object.entries(values)
        .map(([k, v]) => `${k} ${v}`)
        .join(', ')}`,
    );
}
function numbers(a: ArtifactView): { values: Record<string, number> } {
  return {
    values: Object.fromEntries(Object.entries(a.metadata ?? {}).filter((e): e is [string, number] => typeof e[1] === 'number')),
  };
}
