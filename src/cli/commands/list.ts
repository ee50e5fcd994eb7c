import { type Command, UserError } from '../command.ts';
import { DoorClient } from '../door-client.ts';
import { align } from './get.ts';

type Listed = { run_id: string; display_name: string; state?: string; created_at: string; namespace?: string };

/** The newest runs, one a line. */
export const run: Command['run'] = async c => {
  if (c.args[0] !== 'runs') throw new UserError('usage: skiff list runs [-n NAMESPACE]', 2);
  const query = new URLSearchParams({ page_size: '50', sort_by: 'created_at desc' });
  if (c.options['namespace']) query.set('namespace', c.options['namespace'] as string);
  const { runs = [] } = await DoorClient.of(c.home).json<{ runs?: Listed[] }>(`/apis/v2beta1/runs?${query}`);
  const rows = [['RUN', 'STATE', 'CREATED', 'NAME'], ...runs.map(r => [r.run_id, r.state ?? '', r.created_at, r.display_name])];
  for (const line of align(rows)) c.print(line);
  return 0;
};
