import { list, type Row, text } from './access.ts';
import { since } from './human.ts';

export type ColumnDefinition = { name: string; type: string; format: string; description: string; priority: number };
/** A column of a kind: what it is called and what stands in it. */
export type Column = { name: string; type: string; wide: boolean; cell: (o: Row, now: Date) => unknown };

export function column(name: string, cell: Column['cell'], type = 'string'): Column {
  return { name, type, wide: false, cell };
}
/** Shown with `-o wide` only. */
export function wide(name: string, cell: Column['cell'], type = 'string'): Column {
  return { name, type, wide: true, cell };
}
export const NAME = column('Name', o => o.metadata.name);
export const AGE = column('Age', (o, now) => since(o.metadata.creationTimestamp, now));
export const CREATED_AT = column('Created At', o => text(o, ['metadata', 'creationTimestamp'], '<unknown>'), 'date');

export function definitionOf({ name, type, wide: isWide }: Column): ColumnDefinition {
  return { name, type, format: name === 'Name' ? 'name' : '', description: '', priority: isWide ? 1 : 0 };
}

/** `Containers` and `Images` of a Pod template, for `-o wide`. */
export function templateColumns(...template: readonly string[]): Column[] {
  const containers = (o: Row) => list(o, ...template, 'spec', 'containers');
  const joined = (o: Row, field: string) =>
    containers(o)
      .map(c => text(c, [field]))
      .join(',');
  return [wide('Containers', o => joined(o, 'name')), wide('Images', o => joined(o, 'image'))];
}
