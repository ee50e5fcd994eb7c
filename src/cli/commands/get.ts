import { dump } from 'js-yaml';
import { type Command, UserError } from '../command.ts';
import { DoorClient } from '../door-client.ts';
import { DISCOVERY, findResource, pathOf } from '../resources.ts';
import { findRun } from '../runs.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
type Table = {
  kind: string;
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object: { metadata: { namespace?: string } } }[];
};

/** Objects as a table, or whole as YAML or JSON. */
export const run: Command['run'] = async c => {
  const [typed, named] = (c.args[0] ?? '').split('/');
  const name = named ?? c.args[1];
  if (!typed) throw new UserError('usage: skiff get KIND [NAME] [-n NAMESPACE] [-o yaml|json]', 2);
  const door = DoorClient.of(c.home);
  // A run has an id that people know and an object of another name.
  const run = /^runs?$/i.test(typed) && name ? await findRun(door, name) : undefined;
  const resource = await findResource(path => door.json(`/k8s${path}`, { headers: { accept: DISCOVERY } }), typed);
  const all = c.options['all-namespaces'] === true;
  const path = pathOf(
    resource,
    all ? undefined : (run?.namespace ?? (c.options['namespace'] as string | undefined) ?? 'default'),
    run?.name ?? name,
  );
  const output = c.options['output'] as string | undefined;
  if (output === 'json' || output === 'yaml') {
    const object = await door.json(path);
    c.print(output === 'json' ? JSON.stringify(object, undefined, 2) : dump(object, { lineWidth: -1 }).trimEnd());
    return 0;
  }
  if (output !== undefined && output !== 'wide') throw new UserError(`-o ${output}: yaml, json and wide are known`, 2);
  const table = await door.json<Table>(path, { headers: { accept: TABLE } });
  const shown = table.columnDefinitions
    .map((d, i) => ({ name: d.name.toUpperCase(), i }))
    .filter(d => output === 'wide' || table.columnDefinitions[d.i]!.priority === 0);
  const rows = [
    [...(all && resource.namespaced ? ['NAMESPACE'] : []), ...shown.map(d => d.name)],
    ...table.rows.map(r => [
      ...(all && resource.namespaced ? [r.object.metadata.namespace ?? ''] : []),
      ...shown.map(d => String(r.cells[d.i] ?? '')),
    ]),
  ];
  if (table.rows.length === 0)
    c.printError(`No ${resource.plural} ${all || !resource.namespaced ? 'here' : 'in this namespace'}.`);
  else for (const line of align(rows)) c.print(line);
  return 0;
};

/** Columns under each other, three spaces apart. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(r => r[i]!.length)));
  return rows.map(r =>
    r
      .map((cell, i) => cell.padEnd(widths[i]! + 3))
      .join('')
      .trimEnd(),
  );
}
