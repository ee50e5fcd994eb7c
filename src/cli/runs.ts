import type { RunView } from '../pipelines/api/view.ts';
import { UserError } from './command.ts';
import type { DoorClient } from './door-client.ts';

const FINAL = new Set(['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELED']);
type Listed = { run_id: string; display_name: string; state?: string };

export const viewOf = (door: DoorClient, runId: string) => door.json<RunView>(`/console/api/runs/${encodeURIComponent(runId)}`);

/** `run/x` and `x` name the same run. */
export function nameOf(typed: string): string {
  return typed.replace(/^runs?\//, '');
}

/**
 * A run by id, start of an id, object name or display name (the newest one).
 * @throws UserError when there is none.
 */
export async function findRun(door: DoorClient, typed: string): Promise<RunView> {
  const query = new URLSearchParams({ page_size: '200', sort_by: 'created_at desc' });
  const { runs = [] } = await door.json<{ runs?: Listed[] }>(`/apis/v2beta1/runs?${query}`);
  const byName = runs.find(r => r.run_id === typed || r.display_name === typed) ?? runs.find(r => r.run_id.startsWith(typed));
  if (byName) return await viewOf(door, byName.run_id);
  for (const r of runs) {
    const view = await viewOf(door, r.run_id);
    if (view.name === typed) return view;
  }
  throw new UserError(`there is no run ${JSON.stringify(typed)} among the newest ${runs.length}`);
}

/** Prints a line for each node that changes state until the run is final; returns its last view. */
export async function follow(door: DoorClient, runId: string, print: (line: string) => void): Promise<RunView> {
  const shown = new Map<string, string>();
  let last = await viewOf(door, runId);
  const show = (view: RunView) => {
    for (const n of view.nodes) {
      const text = n.state === 'Running' && n.attempts.length > 1 ? `Running (attempt ${n.attempts.length})` : n.state;
      if (n.state === 'Pending' || shown.get(n.id) === text) continue;
      shown.set(n.id, text);
      print(`${text.padEnd(10)} ${n.id}${n.state === 'Failed' && n.message ? `: ${n.message}` : ''}${spent(n)}`);
    }
  };
  show(last);
  while (!FINAL.has(last.state)) {
    for await (const view of door.events<RunView>(`/console/api/runs/${encodeURIComponent(runId)}/watch`)) {
      last = view;
      show(view);
      if (FINAL.has(view.state)) break;
    }
  }
  return last;
}

/** A task as people type it: its address in the run, or its name (the last one that started). */
export function nodeOf(view: RunView, task: string): RunView['nodes'][number] {
  const node = view.nodes.find(n => n.id === task) ?? view.nodes.findLast(n => n.taskName === task && n.attempts.length > 0);
  if (!node)
    throw new UserError(
      `run ${view.displayName} has no task ${task}; its tasks are ${[...new Set(view.nodes.map(n => n.id))].join(', ')}`,
    );
  return node;
}

function spent(n: RunView['nodes'][number]): string {
  if (!n.startedAt || !n.finishedAt) return '';
  return `  ${((Date.parse(n.finishedAt) - Date.parse(n.startedAt)) / 1000).toFixed(1)} s`;
}
