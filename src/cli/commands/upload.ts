import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, UserError } from '../command.ts';
import { DoorClient } from '../door-client.ts';

/** Stores a compiled pipeline under a name, or as a new version of the pipeline that has the name already. */
export const run: Command['run'] = async c => {
  const file = c.args[0];
  if (!file) throw new UserError('usage: skiff upload FILE [--name NAME] [--pipeline NAME]', 2);
  const bytes = await readFile(file).catch(e => Promise.reject(new UserError(`${file}: ${(e as Error).message}`)));
  const form = new FormData();
  form.append('uploadfile', new Blob([bytes]), basename(file));
  const door = DoorClient.of(c.home);
  const name = (c.options['name'] as string | undefined) ?? basename(file).replace(/\.(ya?ml|json|zip|tar\.gz)$/, '');
  const pipeline = c.options['pipeline'] as string | undefined;
  const send = <T>(path: string) => door.json<T>(path, { method: 'POST', body: form });
  if (pipeline) {
    const { pipeline_id: id } = await door.json<{ pipeline_id: string }>(
      `/apis/v2beta1/pipelines/names/${encodeURIComponent(pipeline)}`,
    );
    const query = new URLSearchParams({ name, pipelineid: id });
    const version = await send<{ pipeline_version_id: string }>(`/apis/v2beta1/pipelines/upload_version?${query}`);
    c.print(`version ${version.pipeline_version_id}  ${door.baseUrl}/pipelines/${id}?version=${version.pipeline_version_id}`);
    return 0;
  }
  const made = await send<{ pipeline_id: string }>(`/apis/v2beta1/pipelines/upload?${new URLSearchParams({ name })}`);
  c.print(`pipeline ${made.pipeline_id}  ${door.baseUrl}/pipelines/${made.pipeline_id}`);
  return 0;
};
