import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Play, Upload } from 'lucide-react';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { keepNamespace, useParam, useParams } from '../../app/search.ts';
import { pipelinesQuery } from '../../data/kfp.ts';
import { Button, buttonClass } from '../../parts/button.tsx';
import { FirstUse } from '../../parts/empty.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { useRowCursor } from '../runs/cursor.ts';
import { UploadSheet } from './upload.tsx';

/** All pipelines; `?upload=new` opens the upload. */
export function PipelinesPage() {
  const { ns, q = '' } = useParams();
  const [upload, setUpload] = useParam('upload');
  const [, setQuery] = useParam('q');
  const navigate = useNavigate();
  const { data, error, isPending, refetch } = useQuery(pipelinesQuery(ns));
  const pipelines = (data?.pipelines ?? []).filter(p => p.display_name.toLowerCase().includes(q.toLowerCase()));
  const { cursor, acts } = useRowCursor(pipelines.map(p => p.pipeline_id));
  usePage([{ label: 'Pipelines' }], ns);
  useActs([
    ...acts,
    {
      id: 'upload',
      label: 'Upload pipeline',
      icon: Upload,
      keys: 'c',
      group: 'Pipelines',
      command: 'skiff upload pipeline.yaml',
      run: () => setUpload('new'),
    },
    {
      id: 'open',
      label: 'Open the pipeline',
      keys: ['enter', 'o'],
      group: 'Pipelines',
      quiet: true,
      run: () => cursor && void navigate({ to: '/pipelines/$pipelineId', params: { pipelineId: cursor }, search: keepNamespace }),
    },
  ]);
  return (
    <>
      <div className="phead">
        <div className="ptitle">
          <h1>Pipelines</h1>
          {data && (
            <span className="sub">
              {data.total_size ?? pipelines.length} in {ns ?? 'all namespaces'}
            </span>
          )}
          <div className="acts">
            <input
              className="input"
              style={{ width: 200 }}
              aria-label="Filter pipelines by name"
              placeholder="Filter by name"
              value={q}
              onChange={e => setQuery(e.target.value || undefined)}
            />
            <Button kind="primary" icon={Upload} keys="c" onClick={() => setUpload('new')}>
              Upload pipeline
            </Button>
          </div>
        </div>
      </div>
      <div className="body">
        <section className="panel">
          {isPending && <SkeletonRows what="the pipelines" />}
          {error && <Problem error={error} what="the pipelines" retry={() => void refetch()} />}
          {data && pipelines.length === 0 && (
            <FirstUse
              title={q ? `No pipeline is named like “${q}”` : 'No pipelines yet'}
              command="skiff upload pipeline.yaml"
              actions={
                <Button kind="primary" icon={Upload} onClick={() => setUpload('new')}>
                  Upload pipeline
                </Button>
              }
            >
              A pipeline is a file that the kfp SDK compiles. Upload it once, run it many times.
            </FirstUse>
          )}
          {pipelines.length > 0 && (
            <table className="t">
              <colgroup>
                <col style={{ width: 240 }} />
                <col />
                <col style={{ width: 140 }} />
                <col style={{ width: 130 }} />
                <col style={{ width: 132 }} />
              </colgroup>
              <thead>
                <tr>
                  <th>Pipeline</th>
                  <th>Description</th>
                  <th>Namespace</th>
                  <th className="num">Created</th>
                  <th>
                    <span className="vh">Acts</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {pipelines.map(p => (
                  <tr key={p.pipeline_id} className={p.pipeline_id === cursor ? 'cur' : undefined}>
                    <td>
                      <Link
                        className="name"
                        to="/pipelines/$pipelineId"
                        params={{ pipelineId: p.pipeline_id }}
                        search={keepNamespace}
                      >
                        {p.display_name}
                      </Link>
                    </td>
                    <td className="sub">{p.description}</td>
                    <td className="sub">{p.namespace}</td>
                    <td className="num sub">
                      <Moment at={p.created_at} />
                    </td>
                    <td className="num">
                      <Link
                        className={buttonClass('plain', 'small')}
                        to="/runs/new"
                        search={s => ({ ...keepNamespace(s), pipeline: p.pipeline_id })}
                        aria-label={`Start run of ${p.display_name}`}
                      >
                        <Play className="i" aria-hidden />
                        Start run
                      </Link>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      </div>
      {upload && (
        <UploadSheet
          pipelines={data?.pipelines ?? []}
          namespace={ns}
          target={upload === 'new' ? undefined : upload}
          onClose={() => setUpload(undefined)}
        />
      )}
    </>
  );
}
