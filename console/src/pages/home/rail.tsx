import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Obj } from '../../../../src/kube/types.ts';
import { keepNamespace } from '../../app/search.ts';
import { type Run, recurringRunsQuery } from '../../data/kfp.ts';
import { conditionsOf, type KnownKind, objectState } from '../../data/kinds.ts';
import { objectsQuery } from '../../data/kube.ts';
import { isFinal } from '../../data/view.ts';
import { useNow } from '../../lib/clock.ts';
import { plural } from '../../lib/quantity.ts';
import { momentText } from '../../lib/time.ts';
import { type State, StateMark, states } from '../../parts/state.tsx';
import { nextTime } from './cron.ts';
import { capacities, capacityText } from './machine.ts';
import type { Known } from './needs.ts';

const core = (plural: string) => ({ group: '', version: 'v1', plural });
export const usePods = (namespace: string | undefined): Obj[] | undefined => useQuery(objectsQuery(core('pods'), namespace)).data;
const useNodes = (): Obj[] => useQuery(objectsQuery(core('nodes'))).data ?? [];

/** Who holds how much of the machine, on the neatline. */
export function Machine({ pods }: { pods: readonly Obj[] }) {
  const nodes = useNodes();
  const { data: claims = [] } = useQuery(objectsQuery(core('persistentvolumeclaims')));
  if (nodes.length === 0) return null;
  const { rows, namespaces } = capacities(nodes, pods, claims);
  const title = nodes.length === 1 ? nodes[0]!.metadata.name : plural(nodes.length, 'node');
  return (
    <section className="panel" aria-label="Machine">
      <header>
        <h2>Machine</h2>
        <span className="grow" />
        <span className="dim t12">{title}, live</span>
      </header>
      <ul className="mach">
        {rows.map(row => {
          const text = capacityText(row);
          return (
            <li key={row.name}>
              <div className="row">
                <span className="b5">{row.name}</span>
                <span className="grow" />
                <span>
                  <b className="b6">{text.used}</b> <span className="dim">of {text.total}</span>
                </span>
              </div>
              <div className="bar" role="img" aria-label={`${row.name}: ${text.used} of ${text.total}`}>
                {row.shares.map((share, i) => (
                  <i key={share.namespace} className={`dp${5 - i}b`} style={{ width: `${(share.amount / row.total) * 100}%` }} />
                ))}
              </div>
              <div className="neat n8" />
            </li>
          );
        })}
      </ul>
      <div className="foot keys">
        {namespaces.map((namespace, i) => (
          <span key={namespace} className="key">
            <i className={`sw dp${5 - i}b`} />
            {namespace}
          </span>
        ))}
      </div>
    </section>
  );
}
type Component = { name: string; text: string; state: State; to: string };
const ok = states.ok('Healthy');
function componentsOf(runs: readonly Run[], known: Known, pods: readonly Obj[], nodes: readonly Obj[]): Component[] {
  const of = (as: KnownKind): Obj[] => known.filter(k => k.as === as).flatMap(k => k.items);
  const count = (objects: readonly Obj[], phase: string): number => objects.filter(o => objectState(o)?.phase === phase).length;
  const served = (as: KnownKind): boolean => known.some(k => k.as === as);
  const active = runs.filter(r => !isFinal(r.state));
  const list: Component[] = [
    { name: 'Pipelines', text: active.length ? `${plural(active.length, 'run')} active` : 'idle', state: ok, to: '/runs' },
  ];
  if (served('tuning'))
    list.push({
      name: 'Tuning',
      text: `${plural(count(of('tuning'), 'active'), 'experiment')}`,
      state: ok,
      to: '/objects/kubeflow.org/experiments',
    });
  if (served('training')) {
    const queued = count(of('training'), 'waiting');
    list.push({
      name: 'Training',
      text: `${plural(count(of('training'), 'active') + queued, 'job')}${queued ? `, ${queued} queued` : ''}`,
      state: ok,
      to: '/objects/kubeflow.org/pytorchjobs',
    });
  }
  if (served('serving')) {
    const services = of('serving');
    const ready = count(services, 'active');
    list.push({
      name: 'Serving',
      text: `${ready} of ${services.length} ready`,
      state: ready < services.length ? states.warn('Degraded') : ok,
      to: '/objects/serving.kserve.io/inferenceservices',
    });
  }
  if (served('notebooks'))
    list.push({
      name: 'Notebooks',
      text: `${count(of('notebooks'), 'active')} running`,
      state: ok,
      to: '/objects/kubeflow.org/notebooks',
    });
  const down = nodes.filter(n => conditionsOf(n).some(c => c.type === 'Ready' && c.status !== 'True'));
  list.push({ name: 'API server', text: 'answers', state: ok, to: '/objects' });
  if (nodes.length)
    list.push({
      name: 'Node',
      text: plural(pods.length, 'pod'),
      state: down.length ? states.fail('NotReady') : ok,
      to: '/objects/core/nodes',
    });
  return list;
}
export function Components({ runs, known, pods }: { runs: readonly Run[]; known: Known; pods: readonly Obj[] }) {
  const nodes = useNodes();
  const list = componentsOf(runs, known, pods, nodes);
  const healthy = list.filter(c => c.state.tone === 'ok').length;
  return (
    <section className="panel" aria-label="Components">
      <header>
        <h2>Components</h2>
        <span className="grow" />
        <span className="dim t12">
          {healthy} of {list.length} healthy
        </span>
      </header>
      <ul className="comp">
        {list.map(c => (
          <li key={c.name}>
            <Link to={c.to} search={keepNamespace}>
              {c.name}
            </Link>
            <span className="dim t12">{c.text}</span>
            <StateMark state={c.state} />
          </li>
        ))}
      </ul>
    </section>
  );
}
export function NextRuns({ namespace }: { namespace: string | undefined }) {
  const now = useNow();
  const { data } = useQuery(recurringRunsQuery(namespace));
  const next = (data?.recurringRuns ?? [])
    .filter(r => r.status !== 'DISABLED')
    .flatMap(r => {
      const at = r.trigger?.cron_schedule?.cron ? nextTime(r.trigger.cron_schedule.cron, now) : undefined;
      return at === undefined ? [] : [{ r, at }];
    })
    .sort((a, b) => a.at - b.at)
    .slice(0, 4);
  if (next.length === 0) return null;
  return (
    <section className="panel" aria-label="Next recurring runs">
      <header>
        <h2>Next recurring runs</h2>
      </header>
      <ul className="next">
        {next.map(({ r, at }) => (
          <li key={r.recurring_run_id}>
            <span className="dim">{momentText(at, at)}</span>
            <Link className="cut" to="/recurring" search={keepNamespace}>
              {r.display_name}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
