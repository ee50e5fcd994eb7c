import { useEffect, useReducer, useRef } from 'react';
import { ApiError, query, request } from '../data/http.ts';
import { kubePath } from '../data/kube.ts';
import { linesOf } from '../data/list-watch.ts';
import { type LogLine, parseLine } from './lines.ts';

/** Where a log is: the Pod while it is there, the run's own store after it is gone. */
export type LogTarget = { namespace: string; pod: string; runId?: string; nodeId?: string; live: boolean };
export type LogState = { lines: readonly LogLine[]; status: 'loading' | 'following' | 'ended' | 'none'; error?: Error };

async function open(target: LogTarget, signal: AbortSignal): Promise<Response> {
  const pods = { group: '', version: 'v1', plural: 'pods' };
  const options = { follow: target.live ? 'true' : undefined, timestamps: 'true' };
  const path = kubePath(pods, { namespace: target.namespace, name: target.pod, subresource: 'log' });
  const accept = { accept: 'text/plain' };
  try {
    return await request(`${path}${query(options)}`, { headers: accept, signal });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const container = /choose one of: \[(\S+)/.exec(error.message)?.[1];
    if (error.status === 400 && container)
      return request(`${path}${query({ ...options, container })}`, { headers: accept, signal });
    if (error.status !== 404 || !target.runId || !target.nodeId) throw error;
    const kept = `/apis/v2beta1/runs/${encodeURIComponent(target.runId)}/nodes/${encodeURIComponent(target.pod)}/log`;
    return request(`${kept}${query({ follow: options.follow })}`, { headers: accept, signal });
  }
}
/** The lines of a log as they come; drawn at most once a frame. */
export function useLog(target: LogTarget | undefined): LogState {
  const state = useRef<LogState>({ lines: [], status: 'loading' });
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const key = target ? `${target.namespace}/${target.pod}/${target.live}` : '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the target
  useEffect(() => {
    state.current = { lines: [], status: target ? 'loading' : 'none' };
    draw();
    if (!target) return;
    const stop = new AbortController();
    const lines: LogLine[] = [];
    let frame = 0;
    const show = (status: LogState['status'], error?: Error): void => {
      if (stop.signal.aborted) return;
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw();
      });
      state.current = { lines: lines.slice(), status, ...(error ? { error } : {}) };
    };
    void (async () => {
      try {
        const response = await open(target, stop.signal);
        show(target.live ? 'following' : 'ended');
        for await (const line of linesOf(response)) {
          lines.push(parseLine(line, lines.length + 1));
          if (!frame) show(target.live ? 'following' : 'ended');
        }
        show('ended');
      } catch (error) {
        show('ended', error as Error);
      }
    })();
    return () => {
      stop.abort();
      cancelAnimationFrame(frame);
    };
  }, [key]);
  return state.current;
}
