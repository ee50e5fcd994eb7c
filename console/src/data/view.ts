import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Why } from '../../../src/kube/why.ts';
import type { PipelineView, RunView } from '../../../src/pipelines/api/view.ts';
import { getJson, query } from './http.ts';
import { reportAnswer, reportSilence } from './live.ts';

const id = encodeURIComponent;

export const runViewQuery = (runId: string) =>
  queryOptions({
    queryKey: ['run-view', runId],
    queryFn: ({ signal }) => getJson<RunView>(`/console/api/runs/${id(runId)}`, signal),
  });
export const pipelineViewQuery = (pipelineId: string, versionId: string) =>
  queryOptions({
    queryKey: ['pipeline-view', pipelineId, versionId],
    queryFn: ({ signal }) => getJson<PipelineView>(`/console/api/pipelines/${id(pipelineId)}/versions/${id(versionId)}`, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

const final = new Set(['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELED']);
export const isFinal = (state: string | undefined): boolean => final.has(state ?? '');

/**
 * The run, kept fresh by SSE until it is final. Events carry whole documents, so a reconnect needs no catching up;
 * an older sequence that arrives late is dropped.
 */
export function useRunView(runId: string) {
  const client = useQueryClient();
  const result = useQuery(runViewQuery(runId));
  const done = isFinal(result.data?.state);
  const known = result.data !== undefined;
  useEffect(() => {
    if (!known || done) return;
    const source = new EventSource(`/console/api/runs/${id(runId)}/watch`);
    source.addEventListener('open', reportAnswer);
    source.addEventListener('view', event => {
      const next = JSON.parse((event as MessageEvent<string>).data) as RunView;
      client.setQueryData<RunView>(['run-view', runId], old => (old && old.sequence > next.sequence ? old : next));
      if (isFinal(next.state)) source.close();
    });
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.OPEN) reportSilence();
    });
    return () => source.close();
  }, [client, runId, known, done]);
  return result;
}

export type WhySubject = { kind: string; namespace?: string; name: string };
/** `kind/name` or `kind/namespace/name`, as it stands in the URL. */
export function whyKey(s: WhySubject): string {
  return [s.kind, ...(s.namespace ? [s.namespace] : []), s.name].join('/');
}
export function parseWhy(text: string): WhySubject {
  const [kind = '', ...rest] = text.split('/');
  return rest.length > 1 ? { kind, namespace: rest[0]!, name: rest.slice(1).join('/') } : { kind, name: rest[0] ?? '' };
}
export const whyQuery = (subject: string) =>
  queryOptions({
    queryKey: ['why', subject],
    queryFn: ({ signal }) => getJson<Why | undefined>(`/console/api/why${query({ ...parseWhy(subject) })}`, signal),
    staleTime: 5000,
  });
