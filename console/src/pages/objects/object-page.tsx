import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams as useRouteParams } from '@tanstack/react-router';
import { CalendarClock, Folder, Layers2, Trash2 } from 'lucide-react';
import { lazy, Suspense } from 'react';
import type { Obj } from '../../../../src/kube/types.ts';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { keepNamespace, useParams, useSetParams } from '../../app/search.ts';
import { conditionsOf, objectLink, objectState } from '../../data/kinds.ts';
import { deleteObject, discoveryQuery, objectQuery, type Resource } from '../../data/kube.ts';
import { Button } from '../../parts/button.tsx';
import { CommandLine } from '../../parts/copy.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { StateMark, states, wordState } from '../../parts/state.tsx';
import { notifyError, notifyUndo } from '../../parts/toast.ts';
import { EventList } from '../run/events-tab.tsx';
import '../run/run.css';
import { Conditions } from './conditions.tsx';
import { useKind } from './kind.ts';
import './objects.css';

const YamlEditor = lazy(() => import('./yaml-editor.tsx').then(m => ({ default: m.YamlEditor })));
const PodLog = lazy(() => import('./pod-log.tsx').then(m => ({ default: m.PodLog })));

/** Any object: conditions first, then events, YAML with a dry run, and logs of a Pod. */
export function ObjectPage() {
  const route = useRouteParams({ strict: false }) as { group: string; plural: string; namespace: string; name: string };
  const { kind, loaded, error } = useKind(route.group, route.plural);
  usePage(
    [
      { label: 'Objects', to: '/objects' },
      { label: kind?.kind ?? route.plural, to: `/objects/${route.group}/${route.plural}` },
      { label: route.name },
    ],
    route.namespace === '-' ? undefined : route.namespace,
  );
  if (error) return <Problem error={error} what={route.plural} />;
  if (!loaded) return <SkeletonRows what={route.name} />;
  if (!kind) return <Problem error={new Error(`${route.plural} of ${route.group} is not served here.`)} what={route.name} />;
  return <Loaded kind={kind} namespace={route.namespace === '-' ? undefined : route.namespace} name={route.name} />;
}
function Loaded({ kind, namespace, name }: { kind: Resource; namespace: string | undefined; name: string }) {
  const { tab = 'summary' } = useParams();
  const set = useSetParams();
  const navigate = useNavigate();
  const { data: object, error, refetch } = useQuery(objectQuery(kind, namespace, name));
  const remove = (): void => {
    void navigate({
      to: '/objects/$group/$plural',
      params: { group: kind.group || 'core', plural: kind.plural },
      search: keepNamespace,
    });
    notifyUndo(
      'Deleted',
      name,
      () => void navigate({ to: objectLink(kind, namespace, name) }),
      () => void deleteObject(kind, namespace, name).catch(notifyError),
    );
  };
  const why = `${kind.kind}/${namespace ? `${namespace}/` : ''}${name}`;
  const resource = `${kind.group ? `${kind.plural}.${kind.group}` : kind.plural}/${name}${namespace ? ` -n ${namespace}` : ''}`;
  useActs([
    {
      id: 'why',
      label: `Why ${name}`,
      keys: 'w',
      group: 'This object',
      command: `skiff why ${kind.kind.toLowerCase()}/${name}`,
      run: () => set({ why }),
    },
    {
      id: 'yaml',
      label: 'YAML',
      keys: 'y',
      group: 'This object',
      command: `kubectl get ${resource} -o yaml`,
      run: () => set({ tab: 'yaml' }),
    },
    { id: 'events', label: 'Events', keys: 'e', group: 'This object', quiet: true, run: () => set({ tab: 'events' }) },
    ...(kind.plural === 'pods'
      ? [
          {
            id: 'logs',
            label: 'Logs',
            keys: 'l',
            group: 'This object',
            command: `kubectl logs ${name}`,
            run: () => set({ tab: 'logs' }),
          },
        ]
      : []),
    {
      id: 'delete',
      label: `Delete ${name}`,
      icon: Trash2,
      group: 'This object',
      hint: 'undo for 10 s',
      command: `kubectl delete ${resource}`,
      run: remove,
    },
  ]);
  if (error && !object) return <Problem error={error} what={`${kind.kind} ${name}`} retry={() => void refetch()} />;
  if (!object) return <SkeletonRows what={`${kind.kind} ${name}`} />;
  const state = objectState(object);
  const tabs = ['summary', ...(namespace ? ['events'] : []), ...(kind.plural === 'pods' ? ['logs'] : []), 'yaml'];
  const owner = object.metadata.ownerReferences?.[0];
  return (
    <>
      <div className="phead">
        <div className="ptitle">
          <h1>{name}</h1>
          {state && <StateMark big state={{ ...(wordState(state.word) ?? states.run(state.word)), word: state.word }} />}
          <div className="acts">
            {state?.phase === 'failed' || state?.phase === 'waiting' ? (
              <Button keys="w" onClick={() => set({ why })}>
                Why
              </Button>
            ) : null}
            <Button icon={Trash2} onClick={remove}>
              Delete
            </Button>
          </div>
        </div>
        <div className="pmeta">
          <span>
            <Layers2 className="i" aria-hidden />
            {kind.kind} <span className="dim">{object.apiVersion}</span>
          </span>
          {namespace && (
            <span>
              <Folder className="i" aria-hidden />
              {namespace}
            </span>
          )}
          <span>
            <CalendarClock className="i" aria-hidden />
            created <Moment at={object.metadata.creationTimestamp} ago />
          </span>
          {owner && <Owner owner={owner} namespace={namespace} />}
        </div>
        <div className="tabs" role="tablist" aria-label="About this object">
          {tabs.map(t => (
            <button
              key={t}
              type="button"
              role="tab"
              aria-selected={t === tab}
              onClick={() => set({ tab: t === 'summary' ? undefined : t })}
            >
              {t === 'yaml' ? 'YAML' : t[0]!.toUpperCase() + t.slice(1)}
            </button>
          ))}
        </div>
      </div>
      <div className="waterline" />
      <div className={tab === 'logs' || tab === 'yaml' ? 'obody2' : 'body'}>
        <Suspense fallback={<SkeletonRows what="this tab" />}>
          {tab === 'summary' && <Summary object={object} />}
          {tab === 'events' && namespace && <EventList namespace={namespace} kind={kind.kind} name={name} />}
          {tab === 'logs' && namespace && <PodLog object={object} namespace={namespace} />}
          {tab === 'yaml' && (
            <YamlEditor kind={kind} namespace={namespace} name={name} object={object} onSaved={() => void refetch()} />
          )}
        </Suspense>
      </div>
      <div className="cmdw">
        <CommandLine command={`kubectl get ${resource} -o yaml`} />
      </div>
    </>
  );
}
function Owner({
  owner,
  namespace,
}: {
  owner: { apiVersion: string; kind: string; name: string };
  namespace: string | undefined;
}) {
  const { data } = useQuery(discoveryQuery);
  const [group] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : [''];
  const kind = data?.find(r => r.kind === owner.kind && r.group === group);
  if (!kind)
    return (
      <span>
        owned by {owner.kind} {owner.name}
      </span>
    );
  return (
    <Link to={objectLink(kind, kind.namespaced ? namespace : undefined, owner.name)} search={keepNamespace}>
      owned by {owner.kind} <b>{owner.name}</b>
    </Link>
  );
}
function Summary({ object }: { object: Obj }) {
  const { labels = {}, annotations = {} } = object.metadata;
  const data = (object as Obj & { data?: Record<string, string> }).data;
  const conditions = conditionsOf(object);
  return (
    <div className="osum">
      {conditions.length > 0 && <Conditions conditions={conditions} />}
      <Pairs title="Labels" pairs={labels} />
      <Pairs title="Annotations" pairs={annotations} />
      {object.kind !== 'Secret' && data && <Pairs title="Data" pairs={data} />}
      {conditions.length === 0 && Object.keys({ ...labels, ...annotations, ...data }).length === 0 && (
        <p className="sub">No conditions, labels or annotations. The whole object is under YAML.</p>
      )}
    </div>
  );
}
function Pairs({ title, pairs }: { title: string; pairs: Record<string, string> }) {
  const entries = Object.entries(pairs);
  if (entries.length === 0) return null;
  return (
    <section className="panel">
      <header>
        <h2>{title}</h2>
        <span className="n">{entries.length}</span>
      </header>
      <table className="t compact">
        <tbody>
          {entries.map(([key, value]) => (
            <tr key={key}>
              <td className="mono sub">{key}</td>
              <td className="mono" title={value}>
                {value}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
