import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { keepNamespace, useParam, useParams } from '../../app/search.ts';
import { discoveryQuery, type Resource } from '../../data/kube.ts';
import { plural } from '../../lib/quantity.ts';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import './objects.css';

/** Every kind that is served, by group. */
export function KindsPage() {
  const { ns } = useParams();
  const [q = '', setQuery] = useParam('q');
  const { data, error, isPending, refetch } = useQuery(discoveryQuery);
  usePage([{ label: 'Objects' }], ns);
  useActs([
    {
      id: 'filter',
      label: 'Filter the kinds',
      keys: '/',
      group: 'Objects',
      quiet: true,
      run: () => document.querySelector<HTMLInputElement>('.kindfind')?.focus(),
    },
  ]);
  const found = (data ?? []).filter(r =>
    `${r.kind} ${r.plural} ${r.group} ${r.shortNames?.join(' ') ?? ''}`.toLowerCase().includes(q.toLowerCase()),
  );
  const groups = [...Map.groupBy(found, r => r.group)].sort((a, b) => a[0].localeCompare(b[0]));
  return (
    <>
      <div className="phead">
        <div className="ptitle">
          <h1>Objects</h1>
          {data && (
            <span className="sub">
              {plural(data.length, 'kind')} in {plural(new Set(data.map(r => r.group)).size, 'group')}
            </span>
          )}
          <div className="acts">
            <input
              className="input kindfind"
              style={{ width: 220 }}
              aria-label="Filter kinds"
              placeholder="Kind, group or short name"
              value={q}
              onChange={e => setQuery(e.target.value || undefined)}
            />
          </div>
        </div>
      </div>
      <div className="body">
        {isPending && <SkeletonRows what="the kinds that are served" />}
        {error && <Problem error={error} what="the kinds" retry={() => void refetch()} />}
        {data && found.length === 0 && <p className="sub">No kind is like “{q}”.</p>}
        <div className="kinds">
          {groups.map(([group, kinds]) => (
            <section key={group} className="panel">
              <header>
                <h2>{group || 'core'}</h2>
                <span className="n">{kinds[0]!.version}</span>
              </header>
              <ul>
                {kinds
                  .toSorted((a, b) => a.kind.localeCompare(b.kind))
                  .map(r => (
                    <KindLink key={r.plural} resource={r} />
                  ))}
              </ul>
            </section>
          ))}
        </div>
      </div>
    </>
  );
}
function KindLink({ resource: r }: { resource: Resource }) {
  return (
    <li>
      <Link
        className="b5"
        to="/objects/$group/$plural"
        params={{ group: r.group || 'core', plural: r.plural }}
        search={keepNamespace}
      >
        {r.kind}
      </Link>
      <span className="dim t12">{r.namespaced ? '' : 'cluster'}</span>
    </li>
  );
}
