import type { QueryClient } from '@tanstack/react-query';
import {
  Braces,
  Cpu,
  FlaskConical,
  type LucideIcon,
  NotebookPen,
  RadioTower,
  Route,
  SlidersHorizontal,
  Workflow,
} from 'lucide-react';
import type { Obj } from '../../../src/kube/types.ts';
import { type Experiment, listRuns, type Pipeline, type Run } from '../data/kfp.ts';
import { objectLink, objectState, servedKinds } from '../data/kinds.ts';
import { kubePath, type Resource } from '../data/kube.ts';
import { runState, type State, states, wordState } from '../parts/state.tsx';

/** An object the palette can open. */
export type Found = { link: string; name: string; about: string; icon: LucideIcon; state?: State; command: string; at: string };

const kindIcons: Record<string, LucideIcon> = {
  Notebook: NotebookPen,
  InferenceService: RadioTower,
  Experiment: SlidersHorizontal,
};
/** Letters in order, words anywhere: `frsc` finds fraud-scorer. */
export function isMatch(words: string, text: string): boolean {
  const lower = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every(word => lower.includes(word) || isSubsequence(word, lower));
}
function isSubsequence(word: string, text: string): boolean {
  if (word.length < 3) return false;
  let from = 0;
  for (const letter of word) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return false;
  }
  return true;
}
function foundRun(run: Run): Found {
  const state = run.cached ? states.cached : runState(run.state);
  return {
    link: `/runs/${run.run_id}`,
    name: run.display_name,
    about: `Run${run.namespace ? `, ${run.namespace}` : ''}`,
    icon: Route,
    state,
    command: run.state === 'FAILED' ? `skiff why run/${run.run_id}` : `skiff get run/${run.run_id}`,
    at: run.created_at,
  };
}
function foundObject(o: Obj, resource: Resource): Found {
  const state = objectState(o);
  const short = resource.shortNames?.[0] ?? resource.kind.toLowerCase();
  return {
    link: objectLink(resource, o.metadata.namespace, o.metadata.name),
    name: o.metadata.name,
    about: `${resource.kind}${o.metadata.namespace ? `, ${o.metadata.namespace}` : ''}`,
    icon: kindIcons[o.kind] ?? (/Job$/.test(o.kind) ? Cpu : Braces),
    ...(state ? { state: { ...(wordState(state.word) ?? states.run(state.word)), word: state.word } } : {}),
    command: `skiff get ${short}/${o.metadata.name}`,
    at: o.metadata.creationTimestamp ?? '',
  };
}
/** The objects of a kind that some page has listed, of all namespaces or of one. */
function cachedObjects(client: QueryClient, resource: Resource): Obj[] {
  const known = client.getQueriesData<Obj[]>({ queryKey: ['objects'] }).filter(([key]) => {
    const path = String(key[1]);
    return path.startsWith(kubePath(resource).replace(`/${resource.plural}`, '/')) && path.endsWith(`/${resource.plural}`);
  });
  return known.flatMap(([, objects]) => objects ?? []);
}
/** Names that begin with the words, then names that contain them, then letters in order. */
export function rank(words: string, name: string): number {
  const [a, b] = [name.toLowerCase(), words.toLowerCase()];
  return a.startsWith(b) ? 0 : a.includes(b) ? 1 : 2;
}
/** What the page already knows: instant, newest first, live things of other kinds before a flood of runs. */
export function findObjects(client: QueryClient, words: string, most = 7): Found[] {
  const resources = client.getQueryData<Resource[]>(['discovery']) ?? [];
  const kinds = servedKinds(resources).flatMap(({ resource }) =>
    cachedObjects(client, resource).map(o => foundObject(o, resource)),
  );
  const runs = client.getQueriesData<{ runs?: Run[] }>({ queryKey: ['runs', 'latest'] }).flatMap(([, page]) => page?.runs ?? []);
  const pipelines = client
    .getQueriesData<{ pipelines?: Pipeline[] }>({ queryKey: ['pipelines'] })
    .flatMap(([, page]) => page?.pipelines ?? []);
  const experiments = client
    .getQueriesData<{ experiments?: Experiment[] }>({ queryKey: ['experiments'] })
    .flatMap(([, page]) => page?.experiments ?? []);
  const all = [
    ...kinds,
    ...pipelines.map(
      (p): Found => ({
        link: `/pipelines/${p.pipeline_id}`,
        name: p.display_name,
        about: 'Pipeline',
        icon: Workflow,
        command: `skiff run ${p.display_name}`,
        at: p.created_at,
      }),
    ),
    ...experiments.map(
      (e): Found => ({
        link: `/experiments/${e.experiment_id}`,
        name: e.display_name,
        about: 'Experiment',
        icon: FlaskConical,
        command: `skiff list runs 'experiment:${e.display_name}'`,
        at: e.created_at,
      }),
    ),
  ]
    .filter(f => isMatch(words, `${f.name} ${f.about}`))
    .sort((a, b) => rank(words, a.name) - rank(words, b.name));
  const foundRuns = runs
    .filter(r => isMatch(words, r.display_name) || r.run_id.startsWith(words))
    .map(foundRun)
    .sort((a, b) => rank(words, a.name) - rank(words, b.name));
  const others = words ? all : [];
  const list = [...others.slice(0, most - 2), ...foundRuns].slice(0, most);
  const seen = new Set<string>();
  return list.filter(f => !seen.has(f.link) && seen.add(f.link));
}
/** The server's answer, appended below: runs by name. */
export async function searchObjects(words: string, namespace: string | undefined, signal: AbortSignal): Promise<Found[]> {
  const page = await listRuns(
    {
      ...(namespace ? { namespace } : {}),
      page_size: 10,
      sort_by: 'created_at desc',
      predicates: [{ operation: 'IS_SUBSTRING', key: 'display_name', string_value: words }],
    },
    signal,
  );
  return (page.runs ?? []).map(foundRun);
}
