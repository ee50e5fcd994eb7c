import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams as useRouteParams } from '@tanstack/react-router';
import { CalendarClock, Ellipsis, Play, Trash2, Upload } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { keepNamespace, useParams, useSetParams } from '../../app/search.ts';
import { deletePipeline, type PipelineVersion, pipelineQuery, versionsQuery } from '../../data/kfp.ts';
import { pipelineViewQuery } from '../../data/view.ts';
import { plural } from '../../lib/quantity.ts';
import { buttonClass, IconButton } from '../../parts/button.tsx';
import { YamlCode } from '../../parts/code.tsx';
import { MenuButton } from '../../parts/menu.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { notifyError, notifyUndo } from '../../parts/toast.ts';
import { UploadSheet } from './upload.tsx';
import '../run/run.css';

// The graph library is most of this page's script; the YAML and the versions do without.
const PipelineGraph = lazy(() => import('./pipeline-graph.tsx').then(m => ({ default: m.PipelineGraph })));
const tabs = ['graph', 'yaml', 'versions'] as const;
const words = { graph: 'Graph', yaml: 'YAML', versions: 'Versions' };
/** One pipeline at one version: its graph, its YAML, its versions. */
export function PipelinePage() {
  const { pipelineId } = useRouteParams({ strict: false }) as { pipelineId: string };
  const { ns, version, tab = 'graph', upload } = useParams();
  const set = useSetParams();
  const navigate = useNavigate();
  const { data: pipeline, error, refetch } = useQuery(pipelineQuery(pipelineId));
  const { data: list } = useQuery(versionsQuery(pipelineId));
  const versions = list?.pipeline_versions ?? [];
  const current = versions.find(v => v.pipeline_version_id === version) ?? versions[0];
  usePage([{ label: 'Pipelines', to: '/pipelines' }, { label: pipeline?.display_name ?? pipelineId }], pipeline?.namespace);
  const start = {
    to: '/runs/new',
    search: { ...(ns ? { ns } : {}), pipeline: pipelineId, ...(current ? { version: current.pipeline_version_id } : {}) },
  } as const;
  useActs([
    {
      id: 'new-run',
      label: `Start run of ${pipeline?.display_name ?? 'this pipeline'}`,
      icon: Play,
      keys: 'c',
      group: 'This pipeline',
      command: `skiff run ${pipeline?.display_name ?? pipelineId}`,
      run: () => void navigate(start),
    },
    {
      id: 'new-version',
      label: 'Upload a version',
      icon: Upload,
      group: 'This pipeline',
      run: () => set({ upload: pipelineId }),
    },
    { id: 'yaml', label: 'YAML', keys: 'y', group: 'This pipeline', quiet: true, run: () => set({ tab: 'yaml' }) },
  ]);
  const remove = (): void => {
    if (!pipeline) return;
    void navigate({ to: '/pipelines', search: keepNamespace });
    notifyUndo(
      'Deleted',
      pipeline.display_name,
      () => void navigate({ to: '/pipelines/$pipelineId', params: { pipelineId } }),
      () => void deletePipeline(pipelineId).catch(notifyError),
    );
  };
  if (error) return <Problem error={error} what={`pipeline ${pipelineId}`} retry={() => void refetch()} />;
  if (!pipeline) return <SkeletonRows what={`pipeline ${pipelineId}`} />;
  return (
    <>
      <div className="phead">
        <div className="ptitle">
          <h1>{pipeline.display_name}</h1>
          <MenuButton
            trigger={
              <button type="button" className="tag vpick">
                {current?.display_name ?? 'no versions'}
              </button>
            }
            items={versions
              .slice(0, 30)
              .map(v => ({ label: v.display_name, checked: v === current, run: () => set({ version: v.pipeline_version_id }) }))}
          />
          <div className="acts">
            <Link
              className={buttonClass()}
              to="/runs"
              search={s => ({ ...keepNamespace(s), q: `pipeline:${pipeline.display_name}` })}
            >
              Its runs
            </Link>
            <Link className={buttonClass('primary')} {...start}>
              <Play className="i" aria-hidden />
              Start run
            </Link>
            <MenuButton
              align="end"
              trigger={<IconButton className="btn sq" icon={Ellipsis} label="More acts" />}
              items={[
                { label: 'Upload a version', icon: Upload, run: () => set({ upload: pipelineId }) },
                'line',
                { label: 'Delete with all versions', icon: Trash2, danger: true, hint: 'undo for 10 s', run: remove },
              ]}
            />
          </div>
        </div>
        <div className="pmeta">
          {pipeline.description && <span>{pipeline.description}</span>}
          <span>
            <CalendarClock className="i" aria-hidden />
            created <Moment at={current?.created_at ?? pipeline.created_at} />
          </span>
          <span>{plural(versions.length, 'version')}</span>
        </div>
        <div className="tabs" role="tablist" aria-label="Pipeline">
          {tabs.map(t => (
            <button
              key={t}
              type="button"
              role="tab"
              aria-selected={t === tab}
              onClick={() => set({ tab: t === 'graph' ? undefined : t })}
            >
              {words[t]}
              {t === 'versions' && <span className="n">{versions.length}</span>}
            </button>
          ))}
        </div>
      </div>
      <div className="waterline" />
      {tab === 'versions' ? (
        <Versions versions={versions} current={current} onPick={v => set({ version: v, tab: undefined })} />
      ) : current ? (
        <VersionBody pipelineId={pipelineId} versionId={current.pipeline_version_id} tab={tab} />
      ) : (
        <p className="sub pad">This pipeline has no versions yet.</p>
      )}
      {upload && (
        <UploadSheet pipelines={[pipeline]} namespace={ns} target={pipelineId} onClose={() => set({ upload: undefined })} />
      )}
    </>
  );
}
function VersionBody({ pipelineId, versionId, tab }: { pipelineId: string; versionId: string; tab: string }) {
  const { data, error, refetch } = useQuery(pipelineViewQuery(pipelineId, versionId));
  if (error) return <Problem error={error} what="this version" retry={() => void refetch()} />;
  if (!data) return <SkeletonRows what="this version" />;
  return tab === 'yaml' ? (
    <YamlCode flush text={data.yaml} />
  ) : (
    <Suspense fallback={<SkeletonRows what="the graph" />}>
      <PipelineGraph view={data} />
    </Suspense>
  );
}
function Versions({
  versions,
  current,
  onPick,
}: {
  versions: readonly PipelineVersion[];
  current: PipelineVersion | undefined;
  onPick(id: string): void;
}) {
  return (
    <div className="body">
      <section className="panel">
        <table className="t">
          <colgroup>
            <col style={{ width: 180 }} />
            <col />
            <col style={{ width: 160 }} />
            <col style={{ width: 120 }} />
          </colgroup>
          <thead>
            <tr>
              <th>Version</th>
              <th>Description</th>
              <th className="num">Created</th>
              <th>
                <span className="vh">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {versions.map(v => (
              <tr key={v.pipeline_version_id} className={v === current ? 'sel' : undefined}>
                <td>
                  <button type="button" className="name" onClick={() => onPick(v.pipeline_version_id)}>
                    {v.display_name}
                  </button>
                </td>
                <td className="sub">{v.description}</td>
                <td className="num sub">
                  <Moment at={v.created_at} />
                </td>
                <td className="num">
                  <Link
                    className={buttonClass('plain', 'small')}
                    to="/runs/new"
                    search={s => ({ ...keepNamespace(s), pipeline: v.pipeline_id, version: v.pipeline_version_id })}
                  >
                    Start run
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}
