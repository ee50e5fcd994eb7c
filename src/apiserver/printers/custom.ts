import { evaluateJsonPath } from '../../expr/index.ts';
import type { Row } from './access.ts';
import { type Column, NAME } from './column.ts';
import { since } from './human.ts';

/** An `additionalPrinterColumns` entry of a CRD version. */
export type CrdColumn = {
  name: string;
  type: string;
  jsonPath: string;
  format?: string;
  description?: string;
  priority?: number;
};

/** The columns of a custom kind; what is missing or of another type is an empty cell. @source apiextensions-apiserver tableconvertor@1aa2717a552e */
export function customColumns(
  columns: readonly CrdColumn[],
): (Column & { format: string; description: string; priority: number })[] {
  const given = columns.map(({ name, type, jsonPath, format = '', description = '', priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
    wide: priority > 0,
    cell: (o: Row, now: Date) => cellOf(type, evaluateJsonPath(jsonPath, o)[0], now),
  }));
  return [{ ...NAME, format: 'name', description: '', priority: 0 }, ...given];
}

function cellOf(type: string, value: unknown, now: Date): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? since(value, now) : null;
    default:
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
}
