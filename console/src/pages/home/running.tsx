import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Cpu, type LucideIcon, Route, SlidersHorizontal } from 'lucide-react';
import type { Obj } from '../../../../src/kube/types.ts';
import type { RunView } from '../../../../src/pipelines/api/view.ts';
import { keepNamespace } from '../../app/search.ts';
import type { Run } from '../../data/kfp.ts';
import { objectLink, objectState } from '../../data/kinds.ts';
import { isFinal, runViewQuery } from '../../data/view.ts';
import { childrenOf, loopTitle } from '../../graph/shape.ts';
import { useNow } from '../../lib/clock.ts';
import { binaryText } from '../../lib/quantity.ts';
import { clockText, parseTime, roughText } from '../../lib/time.ts';
import { median } from '../../timeline/predict.ts';
import { cachedOf, leavesOf, progressOf } from '../run/progress.ts';
import { requestOf } from './machine.ts';
import { type Known, progressText } from './needs.ts';

type Line = {
  id: string;
  icon: LucideIcon;
  name: string;
  link: string;
  text: string;
  bar: { ok: number; cache?: number; run: number; fail: number };
  from: number;
  left?: number;
  cpu: number;
  memory: number;
};
const most = 8;

/** `train × 12, 9 done` while a loop runs, else `3 of 5 tasks, 2 cached`. */
function runText(view: RunView): string {
  const children = childrenOf(view.nodes);
  const loop = view.nodes.find(n => n.kind === 'loop' && n.state === 'Running');
  if (loop)
    return `${loopTitle(loop, children)}, ${(children.get(loop.id) ?? []).filter(n => n.state === 'Succeeded' || n.state === 'Cached').length} done`;
  const leaves = leavesOf(view);
  const { cached } = cachedOf(view);
  return `${leaves.filter(n => n.state === 'Succeeded' || n.state === 'Cached').length} of ${leaves.length} tasks${cached ? `, ${cached} cached` : ''}`;
}
function useLines(runs: readonly Run[], known: Known, pods: readonly Obj[], now: number): Line[] {
  const active = runs.filter(r => !isFinal(r.state) && r.state !== 'PENDING').slice(0, most);
  const views = useQueries({ queries: active.map(r => ({ ...runViewQuery(r.run_id), refetchInterval: 5000 })) });
  const held = (label: (labels: Record<string, string>) => boolean): { cpu: number; memory: number } => {
    const mine = pods.filter(p => label(p.metadata.labels ?? {}));
    return {
      cpu: mine.reduce((n, p) => n + requestOf(p, 'cpu'), 0),
      memory: mine.reduce((n, p) => n + requestOf(p, 'memory'), 0),
    };
  };
  const lines = active.map((run, i): Line => {
    const view = views[i]?.data;
    const from = parseTime(run.created_at) ?? now;
    const past = runs.filter(
      r =>
        r.state === 'SUCCEEDED' &&
        !r.cached &&
        r.pipeline_version_reference?.pipeline_id === run.pipeline_version_reference?.pipeline_id,
    );
    const usual = median(past.slice(0, 20).map(r => (parseTime(r.finished_at) ?? now) - (parseTime(r.created_at) ?? now)));
    const progress = view ? progressOf(view) : { ok: 0, failed: 0, running: 0 };
    const ids = new Set([run.run_id, view?.name]);
    return {
      id: run.run_id,
      icon: Route,
      name: run.display_name,
      link: `/runs/${run.run_id}`,
      text: view ? runText(view) : '…',
      bar: { ok: progress.ok, run: progress.running, fail: progress.failed },
      from,
      ...(usual !== undefined && usual > now - from ? { left: usual - (now - from) } : {}),
      ...held(l => ids.has(l['pipeline/runid'] ?? '-') || ids.has(l['pipelines.kubeflow.org/run-id'] ?? '-')),
    };
  });
  for (const { as, resource, items } of known) {
    if (as !== 'tuning' && as !== 'training') continue;
    for (const o of items.filter(i => objectState(i)?.phase === 'active')) {
      const { text, share = 0, failed = 0 } = progressText(o, as);
      const started =
        parseTime((o.status as { startTime?: string } | undefined)?.startTime) ?? parseTime(o.metadata.creationTimestamp) ?? now;
      const { name, namespace } = o.metadata;
      lines.push({
        id: o.metadata.uid ?? name,
        icon: as === 'tuning' ? SlidersHorizontal : Cpu,
        name,
        link: objectLink(resource, namespace, name),
        text,
        bar: { ok: share, run: as === 'training' ? 0 : 0.02, fail: failed },
        from: started,
        ...held(
          l =>
            l['training.kubeflow.org/job-name'] === name ||
            l['katib.kubeflow.org/experiment'] === name ||
            l['jobset.sigs.k8s.io/jobset-name'] === name,
        ),
      });
    }
  }
  return lines;
}
export function Running({ runs, known, pods }: { runs: readonly Run[]; known: Known; pods: readonly Obj[] }) {
  const now = useNow();
  const lines = useLines(runs, known, pods, now);
  if (lines.length === 0) return null;
  return (
    <section className="panel" aria-label="Running now">
      <header>
        <h2>Running now</h2>
        <span className="n">{lines.length}</span>
        <span className="grow" />
        <Link className="link t12" to="/runs" search={s => ({ ...keepNamespace(s), q: 'status:running' })}>
          All running
        </Link>
      </header>
      <table className="t">
        <colgroup>
          <col />
          <col style={{ width: 192 }} />
          <col style={{ width: 128 }} />
          <col style={{ width: 76 }} />
          <col style={{ width: 76 }} />
          <col style={{ width: 60 }} />
          <col style={{ width: 84 }} />
        </colgroup>
        <thead>
          <tr>
            <th>Name</th>
            <th>Progress</th>
            <th>
              <span className="vh">Share</span>
            </th>
            <th className="num">Elapsed</th>
            <th className="num">Left</th>
            <th className="num">CPU</th>
            <th className="num">Memory</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(line => (
            <tr key={line.id}>
              <td>
                <div className="row">
                  <line.icon className="i" aria-hidden />
                  <Link className="name cut" to={line.link} search={keepNamespace}>
                    {line.name}
                  </Link>
                </div>
              </td>
              <td className="sub">{line.text}</td>
              <td>
                <div className={line.bar.ok + line.bar.run + line.bar.fail > 0 ? 'bar' : 'bar none'} aria-hidden>
                  <i className="m-ok" style={{ width: `${line.bar.ok * 100}%` }} />
                  <i className="m-run" style={{ width: `${line.bar.run * 100}%` }} />
                  <i className="m-fail" style={{ width: `${line.bar.fail * 100}%` }} />
                </div>
              </td>
              <td className="num">{clockText(now - line.from)}</td>
              <td className="num dim">{line.left === undefined ? '–' : `~${roughText(Math.max(line.left, 1000))}`}</td>
              <td className="num sub">{line.cpu ? Number(line.cpu.toFixed(1)) : '–'}</td>
              <td className="num sub">{line.memory ? binaryText(line.memory) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
