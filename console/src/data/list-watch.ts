import { useEffect, useReducer, useRef } from 'react';
import { ApiError, query, request } from './http.ts';
import { kubePath, type Table, type TableColumn, type TableRow, type Target, tableAccept } from './kube.ts';
import { onBack } from './live.ts';

/** What a page sees of a kind: the server's own columns and rows, patched in place. */
export type ListState = { columns: TableColumn[]; rows: TableRow[]; loaded: boolean; error?: Error };
type WatchLine = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: Table & { code?: number; metadata?: { resourceVersion?: string } };
};

const uidOf = (row: TableRow): string =>
  row.object.metadata.uid ?? `${row.object.metadata.namespace ?? ''}/${row.object.metadata.name}`;

/** Applies one watch event to the rows: known rows keep their place, new ones go to the end. Pure. */
export function applyEvent(rows: readonly TableRow[], type: WatchLine['type'], changed: readonly TableRow[]): TableRow[] {
  const byUid = new Map(rows.map(row => [uidOf(row), row]));
  for (const row of changed) {
    if (type === 'DELETED') byUid.delete(uidOf(row));
    else byUid.set(uidOf(row), row);
  }
  return [...byUid.values()];
}

/**
 * Lists and watches a kind: the one place with Kubernetes' list-watch rules. A watch that ends is resumed from the last
 * resourceVersion; 410 Gone lists again; silence waits for the connection and then lists again.
 */
export async function listWatch(
  r: Target,
  namespace: string | undefined,
  emit: (change: (s: ListState) => ListState) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = kubePath(r, { namespace });
  while (!signal.aborted) {
    try {
      const table = (await (await request(path, { headers: { accept: tableAccept }, signal })).json()) as Table;
      emit(() => ({ columns: table.columnDefinitions, rows: table.rows ?? [], loaded: true }));
      let version = table.metadata.resourceVersion ?? '';
      for (;;) version = await watchOnce(path, version, emit, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 410) continue;
      emit(state => ({ ...state, loaded: true, error: error as Error }));
      if (error instanceof ApiError && error.status < 500) return;
      await backOnline(signal);
    }
  }
}
async function watchOnce(
  path: string,
  version: string,
  emit: (change: (s: ListState) => ListState) => void,
  signal: AbortSignal,
): Promise<string> {
  const search = query({ watch: 'true', resourceVersion: version, allowWatchBookmarks: 'true', timeoutSeconds: 300 });
  const response = await request(`${path}${search}`, { headers: { accept: tableAccept }, signal });
  for await (const line of linesOf(response)) {
    const event = JSON.parse(line) as WatchLine;
    if (event.type === 'ERROR') throw new ApiError(event.object.code ?? 500, 'Expired', 'the watch has expired', path);
    const row = event.object.rows?.[0];
    version = event.object.metadata?.resourceVersion ?? row?.object.metadata.resourceVersion ?? version;
    if (event.type !== 'BOOKMARK')
      emit(state => ({ ...state, rows: applyEvent(state.rows, event.type, event.object.rows ?? []) }));
  }
  return version;
}
/** The lines of a streaming body. */
export async function* linesOf(response: Response): AsyncGenerator<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter(line => line !== '');
  }
  if (rest) yield rest;
}
function backOnline(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const stop = onBack(done);
    const timer = setTimeout(done, 5000);
    signal.addEventListener('abort', done);
    function done(): void {
      stop();
      clearTimeout(timer);
      resolve();
    }
  });
}

const empty: ListState = { columns: [], rows: [], loaded: false };
/** The objects of a kind, live. Changes within one frame are drawn once. */
export function useList(target: Target | undefined, namespace?: string): ListState {
  const state = useRef(empty);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const key = target ? kubePath(target, { namespace }) : '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path stands for target and namespace
  useEffect(() => {
    state.current = empty;
    if (!target) return;
    const stop = new AbortController();
    let frame = 0;
    void listWatch(
      target,
      namespace,
      change => {
        state.current = change(state.current);
        frame ||= requestAnimationFrame(() => {
          frame = 0;
          draw();
        });
      },
      stop.signal,
    );
    return () => {
      stop.abort();
      cancelAnimationFrame(frame);
    };
  }, [key]);
  return state.current;
}
