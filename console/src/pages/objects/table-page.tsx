import { useNavigate, useParams as useRouteParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { keepNamespace, useParam, useParams } from '../../app/search.ts';
import type { TableRow } from '../../data/kube.ts';
import { useList } from '../../data/list-watch.ts';
import { countText } from '../../lib/quantity.ts';
import { FirstUse } from '../../parts/empty.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { useRowCursor } from '../runs/cursor.ts';
import { useKind } from './kind.ts';
import { ObjectTable } from './object-table.tsx';
import './objects.css';

/** `InferenceServices`: the plural in the case of its kind. */
function kindPlural(kind: string, plural: string): string {
  if (plural.startsWith(kind.toLowerCase())) return kind + plural.slice(kind.length);
  return kind.slice(0, -1) + plural.slice(kind.length - 1);
}
/** The objects of a kind, with the columns the API server prints, live. */
export function ObjectsPage() {
  const { group, plural } = useRouteParams({ strict: false }) as { group: string; plural: string };
  const { ns } = useParams();
  const [q = '', setQuery] = useParam('q');
  const navigate = useNavigate();
  const { kind, loaded, error } = useKind(group, plural);
  const list = useList(kind, kind?.namespaced ? ns : undefined);
  usePage([{ label: 'Objects', to: '/objects' }, { label: kind?.kind ?? plural }], ns);
  const rows = useMemo(
    () =>
      list.rows.filter(r => `${r.object.metadata.namespace ?? ''} ${r.cells.join(' ')}`.toLowerCase().includes(q.toLowerCase())),
    [list.rows, q],
  );
  const { cursor, setCursor, acts } = useRowCursor(rows.map(r => r.object.metadata.uid ?? r.object.metadata.name));
  const open = (row: TableRow | undefined, tab?: string): void => {
    if (row)
      void navigate({
        to: '/objects/$group/$plural/$namespace/$name',
        params: { group, plural, namespace: row.object.metadata.namespace ?? '-', name: row.object.metadata.name },
        search: s => ({ ...keepNamespace(s), ...(tab ? { tab } : {}) }),
      });
  };
  const current = rows.find(r => r.object.metadata.uid === cursor);
  useActs([
    ...acts,
    { id: 'open', label: 'Open the object', keys: ['enter', 'o'], group: 'Objects', quiet: true, run: () => open(current) },
    { id: 'yaml', label: 'YAML of the object', keys: 'y', group: 'Objects', quiet: true, run: () => open(current, 'yaml') },
    {
      id: 'filter',
      label: 'Filter the objects',
      keys: '/',
      group: 'Objects',
      quiet: true,
      run: () => document.querySelector<HTMLInputElement>('.kindfind')?.focus(),
    },
  ]);
  const resource = kind?.group ? `${plural}.${kind.group}` : plural;
  return (
    <>
      <div className="phead">
        <div className="ptitle">
          <h1>{kind ? kindPlural(kind.kind, plural) : plural}</h1>
          {list.loaded && (
            <span className="sub">
              {countText(list.rows.length)} of kind {kind?.kind}
            </span>
          )}
          <div className="acts">
            <input
              className="input kindfind"
              style={{ width: 220 }}
              aria-label="Filter objects"
              placeholder="Filter"
              value={q}
              onChange={e => setQuery(e.target.value || undefined)}
            />
          </div>
        </div>
      </div>
      <div className="flushbody full objlist">
        {error && <Problem error={error} what={plural} />}
        {loaded && !kind && (
          <FirstUse
            title={`${resource === plural ? `${plural}.${group}` : resource} is not served here`}
            command={`kubectl api-resources --api-group=${group}`}
          >
            This Skiff has no such kind. Its component may not be switched on yet.
          </FirstUse>
        )}
        {list.error && <Problem error={list.error} what={plural} />}
        {kind && !list.loaded && <SkeletonRows what={plural} />}
        {list.loaded && !list.error && list.rows.length === 0 && (
          <FirstUse
            title={`No ${plural}${ns && kind?.namespaced ? ` in ${ns}` : ''}`}
            command={`kubectl get ${resource}${ns ? ` -n ${ns}` : ' -A'}`}
          >
            Nothing of kind {kind?.kind} exists {ns && kind?.namespaced ? 'in this namespace' : 'yet'}.
          </FirstUse>
        )}
        {rows.length === 0 && list.rows.length > 0 && <p className="sub pad">No row contains “{q}”.</p>}
        {rows.length > 0 && (
          <ObjectTable
            columns={list.columns}
            rows={rows}
            namespaced={kind?.namespaced === true && !ns}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={open}
          />
        )}
      </div>
      <div className="foot pf">
        <span>{countText(rows.length)} rows, live</span>
        <span className="grow" />
        <span className="mono">
          kubectl get {resource}
          {ns ? ` -n ${ns}` : ' -A'}
        </span>
      </div>
    </>
  );
}
