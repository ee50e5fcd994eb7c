import { readFile } from 'node:fs/promises';
import { loadAll } from 'js-yaml';
import { type Command, UserError } from '../command.ts';
import { DoorClient } from '../door-client.ts';
import { follow } from '../runs.ts';

type Document = { pipelineInfo?: { name?: string }; platforms?: unknown };

/** Submits a compiled pipeline (one or two YAML documents). With --follow the exit code tells the run's state. */
export const run: Command['run'] = async c => {
  const file = c.args[0];
  if (!file) throw new UserError('usage: skiff run FILE [--param k=v] [--follow]', 2);
  const documents = parse(
    await readFile(file, 'utf8').catch(e => Promise.reject(new UserError(`${file}: ${(e as Error).message}`))),
    file,
  );
  const spec = documents.find(d => d?.pipelineInfo);
  if (!spec)
    throw new UserError(
      `${file} is not a compiled pipeline: no document has pipelineInfo. Compile it with: kfp dsl compile --py … --output …`,
    );
  const platform = documents.find(d => d?.platforms);
  const door = DoorClient.of(c.home);
  const name = (c.options['name'] as string | undefined) ?? spec.pipelineInfo?.name ?? file;
  const body = {
    display_name: name,
    pipeline_spec: platform ? { pipeline_spec: spec, platform_spec: platform } : spec,
    runtime_config: { parameters: parameters((c.options['param'] as string[] | undefined) ?? []) },
    ...(c.options['experiment'] ? { experiment_id: c.options['experiment'] } : {}),
  };
  const created = await door.post<{ run_id: string }>('/apis/v2beta1/runs', body);
  c.print(`run ${created.run_id}  ${door.baseUrl}/runs/${created.run_id}`);
  if (!c.options['follow']) return 0;
  const view = await follow(door, created.run_id, c.print);
  c.print(`${view.state}${view.error ? `: ${view.error}` : ''}`);
  return view.state === 'SUCCEEDED' ? 0 : 1;
};

function parse(text: string, file: string): Document[] {
  try {
    return loadAll(text) as Document[];
  } catch (e) {
    throw new UserError(`${file} is not YAML: ${(e as Error).message}`);
  }
}

/** `k=v` pairs; a value that is JSON is taken as such, else as text. */
function parameters(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UserError(`--param ${pair}: write name=value`, 2);
      const value = pair.slice(at + 1);
      try {
        return [pair.slice(0, at), JSON.parse(value)];
      } catch {
        return [pair.slice(0, at), value];
      }
    }),
  );
}
