import { Link } from '@tanstack/react-router';
import { Cpu, type LucideIcon, NotebookPen, RadioTower, Route, SlidersHorizontal } from 'lucide-react';
import { keepNamespace } from '../../app/search.ts';
import type { Run } from '../../data/kfp.ts';
import { type KnownKind, objectLink, objectState } from '../../data/kinds.ts';
import { isFinal } from '../../data/view.ts';
import { useNow } from '../../lib/clock.ts';
import { valueText } from '../../lib/quantity.ts';
import { agoText, clockText, parseTime } from '../../lib/time.ts';
import { runState, type State, StateMark, states } from '../../parts/state.tsx';
import { type Known, stateOf } from './needs.ts';

const icons: Record<KnownKind | 'runs', LucideIcon> = {
  runs: Route,
  notebooks: NotebookPen,
  tuning: SlidersHorizontal,
  training: Cpu,
  serving: RadioTower,
};
type Line = {
  id: string;
  state: State;
  as: KnownKind | 'runs';
  name: string;
  link: string;
  text: string;
  at: number;
  took?: number;
};
const most = 7;
/** A run's result in few words: its best known metric, or its error. */
function resultOf(run: Run): string {
  const metrics = Object.entries(run.metrics ?? {});
  if (run.error?.message) return run.error.message;
  if (metrics.length)
    return metrics
      .slice(0, 2)
      .map(([name, value]) => `${name} ${valueText(value)}`)
      .join(', ');
  return run.cached ? 'all tasks cached' : (run.description ?? '');
}
function linesOf(runs: readonly Run[], known: Known): Line[] {
  const lines: Line[] = runs
    .filter(r => isFinal(r.state))
    .map(run => {
      const at = parseTime(run.finished_at) ?? 0;
      return {
        id: run.run_id,
        state: run.cached ? states.cached : runState(run.state),
        as: 'runs',
        name: run.display_name,
        link: `/runs/${run.run_id}`,
        text: resultOf(run),
        at,
        took: at - (parseTime(run.created_at) ?? at),
      };
    });
  for (const { as, resource, items } of known) {
    for (const o of items) {
      const state = objectState(o);
      const at = parseTime(state?.since);
      if (
        !state ||
        at === undefined ||
        state.phase === 'waiting' ||
        state.phase === 'failed' ||
        (state.phase === 'active' && as !== 'serving')
      )
        continue;
      lines.push({
        id: o.metadata.uid ?? o.metadata.name,
        state: stateOf(o),
        as,
        name: o.metadata.name,
        link: objectLink(resource, o.metadata.namespace, o.metadata.name),
        text: state.message ?? '',
        at,
      });
    }
  }
  return lines.sort((a, b) => b.at - a.at).slice(0, most);
}
export function Recent({ runs, known }: { runs: readonly Run[]; known: Known }) {
  const now = useNow();
  const lines = linesOf(runs, known);
  if (lines.length === 0) return null;
  return (
    <section className="panel" aria-label="Recent">
      <header>
        <h2>Recent</h2>
        <span className="grow" />
        <Link className="link t12" to="/runs" search={keepNamespace}>
          All runs
        </Link>
      </header>
      <table className="t">
        <colgroup>
          <col style={{ width: 116 }} />
          <col style={{ width: 228 }} />
          <col />
          <col style={{ width: 96 }} />
          <col style={{ width: 80 }} />
        </colgroup>
        <tbody>
          {lines.map(line => {
            const Icon = icons[line.as];
            return (
              <tr key={line.id}>
                <td>
                  <StateMark state={line.state} />
                </td>
                <td>
                  <div className="row">
                    <Icon className="i" aria-hidden />
                    <Link className="name cut" to={line.link} search={keepNamespace}>
                      {line.name}
                    </Link>
                  </div>
                </td>
                <td className="sub" title={line.text}>
                  {line.text}
                </td>
                <td className="num dim">{agoText(line.at, now)}</td>
                <td className="num sub">{line.took === undefined ? '–' : clockText(line.took)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
