import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { loadYaml } from '../../pipelines/ir/index.ts';
import { type Command, UserError } from '../command.ts';
import { DoorClient } from '../door-client.ts';
import { findRun, follow, nameOf } from '../runs.ts';

type Document = { pipelineInfo?: { name?: string }; platforms?: unknown };

/** Submits a compiled pipeline (one or two YAML documents), a stored one by its name, or a copy of a run. With --follow the exit code tells the run's state. */
export const run: Command['run'] = async c => {
  const what = c.args[0];
  const clone = c.options['clone'] as string | undefined;
  if (!what && !clone)
    throw new UserError('usage: skiff run FILE|PIPELINE [--param k=v] [--follow], or skiff run --clone RUN', 2);
  const door = DoorClient.of(c.home);
  const source = clone ? await ofRun(door, clone) : existsSync(what!) ? await ofFile(what!) : await ofPipeline(door, what!);
  const given = parameters((c.options['param'] as string[] | undefined) ?? []);
  const body = {
    ...source,
    display_name: (c.options['name'] as string | undefined) ?? source.display_name,
    runtime_config: { parameters: { ...source.runtime_config?.parameters, ...given } },
    ...(c.options['experiment'] ? { experiment_id: c.options['experiment'] } : {}),
  };
  const created = await door.post<{ run_id: string }>('/apis/v2beta1/runs', body);
  c.print(`run ${created.run_id}  ${door.baseUrl}/runs/${created.run_id}`);
  if (!c.options['follow']) return 0;
  const view = await follow(door, created.run_id, c.print);
  c.print(`${view.state}${view.error ? `: ${view.error}` : ''}`);
  return view.state === 'SUCCEEDED' ? 0 : 1;
};

type NewRun = {
  display_name: string;
  pipeline_spec?: unknown;
  pipeline_version_reference?: { pipeline_id: string; pipeline_version_id?: string };
  runtime_config?: { parameters?: Record<string, unknown> };
};

async function ofFile(file: string): Promise<NewRun> {
  const documents = parse(await readFile(file, 'utf8'), file);
  const spec = documents.find(d => d?.pipelineInfo);
  if (!spec)
    throw new UserError(
      `${file} is not a compiled pipeline: no document has pipelineInfo. Compile it with: kfp dsl compile --py … --output …`,
    );
  const platform = documents.find(d => d?.platforms);
  return {
    display_name: spec.pipelineInfo?.name ?? file,
    pipeline_spec: platform ? { pipeline_spec: spec, platform_spec: platform } : spec,
  };
}
async function ofPipeline(door: DoorClient, name: string): Promise<NewRun> {
  const found = await door
    .json<{ pipeline_id: string }>(`/apis/v2beta1/pipelines/names/${encodeURIComponent(name)}`)
    .catch(() => undefined);
  if (!found) throw new UserError(`${name} is neither a file nor a stored pipeline`);
  const query = new URLSearchParams({ page_size: '1', sort_by: 'created_at desc' });
  const { pipeline_versions: versions = [] } = await door.json<{ pipeline_versions?: { pipeline_version_id: string }[] }>(
    `/apis/v2beta1/pipelines/${found.pipeline_id}/versions?${query}`,
  );
  const newest = versions[0]?.pipeline_version_id;
  if (!newest) throw new UserError(`pipeline ${name} has no version; upload one: skiff upload FILE --pipeline ${name}`);
  return { display_name: name, pipeline_version_reference: { pipeline_id: found.pipeline_id, pipeline_version_id: newest } };
}
async function ofRun(door: DoorClient, typed: string): Promise<NewRun> {
  const view = await findRun(door, nameOf(typed));
  const run = await door.json<NewRun>(`/apis/v2beta1/runs/${view.runId}`);
  return {
    display_name: `Clone of ${run.display_name}`,
    runtime_config: { parameters: run.runtime_config?.parameters ?? {} },
    ...(run.pipeline_version_reference
      ? { pipeline_version_reference: run.pipeline_version_reference }
      : { pipeline_spec: run.pipeline_spec }),
  };
}

function parse(text: string, file: string): Document[] {
  try {
    return loadYaml(text) as Document[];
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
