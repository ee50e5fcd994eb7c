import { type Frozen, type Gvk, type Obj, parseGvk } from '../../kube/index.ts';
import { clusterColumns } from './cluster.ts';
import { AGE, type Column, type ColumnDefinition, definitionOf, NAME } from './column.ts';
import { type CrdColumn, customColumns } from './custom.ts';
import { networkColumns } from './network.ts';
import { podColumns } from './pods.ts';
import { storageColumns } from './storage.ts';
import { workloadColumns } from './workloads.ts';

export type { ColumnDefinition } from './column.ts';
export type { CrdColumn } from './custom.ts';
export { humanDuration } from './human.ts';

/** By `group/Kind`: versions of a kind look alike. */
const builtin: Readonly<Record<string, readonly Column[]>> = {
  '/Pod': podColumns,
  ...workloadColumns,
  ...networkColumns,
  ...storageColumns,
  ...clusterColumns,
};
const DEFAULT: readonly Column[] = [NAME, AGE];

function columnsOf(gvk: Gvk, crdColumns: readonly CrdColumn[] | undefined): readonly Column[] {
  if (crdColumns && crdColumns.length > 0) return customColumns(crdColumns);
  const { group, kind } = parseGvk(gvk);
  return builtin[`${group}/${kind}`] ?? DEFAULT;
}

/** The column definitions of a Table of this kind, as kubectl users know them; `priority` 1 is shown by `-o wide`. */
export function columnsFor(gvk: Gvk, crdColumns?: readonly CrdColumn[]): ColumnDefinition[] {
  return crdColumns && crdColumns.length > 0
    ? customColumns(crdColumns).map(({ name, type, format, description, priority }) => ({
        name,
        type,
        format,
        description,
        priority,
      }))
    : columnsOf(gvk, undefined).map(definitionOf);
}

/**
 * The cells of one row, in the order of `columnsFor`.
 *
 * @param now  for ages
 * @throws ExpressionError when a path of a CRD's column does not parse
 */
export function cellsFor(gvk: Gvk, obj: Frozen<Obj>, now: Date, crdColumns?: readonly CrdColumn[]): unknown[] {
  return columnsOf(gvk, crdColumns).map(column => column.cell(obj, now));
}
