import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Archive, ArchiveRestore, Plus } from 'lucide-react';
import { useState } from 'react';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { keepNamespace, useParam, useParams } from '../../app/search.ts';
import { actOnExperiment, createExperiment, type Experiment, experimentsQuery } from '../../data/kfp.ts';
import { Button, IconButton, Segmented } from '../../parts/button.tsx';
import { FirstUse } from '../../parts/empty.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Modal, OverlayHead } from '../../parts/overlay.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { notifyError, notifyUndo } from '../../parts/toast.ts';
import { useRowCursor } from '../runs/cursor.ts';

/** Groups of runs. */
export function ExperimentsPage() {
  const { ns } = useParams();
  const [show, setShow] = useParam('show');
  const navigate = useNavigate();
  const client = useQueryClient();
  const [creating, setCreating] = useState(false);
  const { data, error, isPending, refetch } = useQuery(experimentsQuery(ns));
  const archived = show === 'archived';
  const list = (data?.experiments ?? []).filter(e => (e.storage_state === 'ARCHIVED') === archived);
  const { cursor, acts } = useRowCursor(list.map(e => e.experiment_id));
  usePage([{ label: 'Experiments' }], ns);
  const refresh = (): void => void client.invalidateQueries({ queryKey: ['experiments'] });
  const put = (e: Experiment, verb: 'archive' | 'unarchive'): Promise<void> =>
    actOnExperiment(e.experiment_id, verb).then(refresh, notifyError);
  const toggle = (e: Experiment): void => {
    const [verb, back] = archived ? (['unarchive', 'archive'] as const) : (['archive', 'unarchive'] as const);
    void put(e, verb).then(() => notifyUndo(archived ? 'Restored' : 'Archived', e.display_name, () => void put(e, back)));
  };
  useActs([
    ...acts,
    { id: 'new', label: 'New experiment', icon: Plus, keys: 'c', group: 'Experiments', run: () => setCreating(true) },
    {
      id: 'open',
      label: 'Open the experiment',
      keys: ['enter', 'o'],
      group: 'Experiments',
      quiet: true,
      run: () =>
        cursor && void navigate({ to: '/experiments/$experimentId', params: { experimentId: cursor }, search: keepNamespace }),
    },
  ]);
  return (
    <>
      <div className="phead">
        <div className="ptitle">
          <h1>Experiments</h1>
          <span className="sub">groups of runs</span>
          <div className="acts">
            <Segmented
              label="Which experiments"
              value={archived ? 'archived' : 'active'}
              onChange={v => setShow(v === 'archived' ? v : undefined)}
              options={[
                { value: 'active', label: 'Active' },
                { value: 'archived', label: 'Archived' },
              ]}
            />
            <Button kind="primary" icon={Plus} keys="c" onClick={() => setCreating(true)}>
              New experiment
            </Button>
          </div>
        </div>
      </div>
      <div className="body">
        <section className="panel">
          {isPending && <SkeletonRows what="the experiments" />}
          {error && <Problem error={error} what="the experiments" retry={() => void refetch()} />}
          {data && list.length === 0 && (
            <FirstUse title={archived ? 'No archived experiments' : 'No experiments yet'}>
              An experiment groups runs that belong together. Runs without one go to Default.
            </FirstUse>
          )}
          {list.length > 0 && (
            <table className="t">
              <colgroup>
                <col style={{ width: 240 }} />
                <col />
                <col style={{ width: 140 }} />
                <col style={{ width: 140 }} />
                <col style={{ width: 130 }} />
                <col style={{ width: 64 }} />
              </colgroup>
              <thead>
                <tr>
                  <th>Experiment</th>
                  <th>Description</th>
                  <th>Namespace</th>
                  <th className="num">Last run</th>
                  <th className="num">Created</th>
                  <th>
                    <span className="vh">Acts</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map(e => (
                  <tr key={e.experiment_id} className={e.experiment_id === cursor ? 'cur' : undefined}>
                    <td>
                      <Link
                        className="name"
                        to="/experiments/$experimentId"
                        params={{ experimentId: e.experiment_id }}
                        search={keepNamespace}
                      >
                        {e.display_name}
                      </Link>
                    </td>
                    <td className="sub">{e.description}</td>
                    <td className="sub">{e.namespace}</td>
                    <td className="num sub">
                      <Moment at={e.last_run_created_at} ago />
                    </td>
                    <td className="num sub">
                      <Moment at={e.created_at} />
                    </td>
                    <td className="num">
                      <IconButton
                        small
                        icon={archived ? ArchiveRestore : Archive}
                        label={`${archived ? 'Restore' : 'Archive'} ${e.display_name}`}
                        onClick={() => toggle(e)}
                      />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      </div>
      {creating && <Create namespace={ns} onClose={() => setCreating(false)} onDone={refresh} />}
    </>
  );
}
function Create({ namespace, onClose, onDone }: { namespace: string | undefined; onClose(): void; onDone(): void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  return (
    <Modal label="New experiment" className="small" onClose={onClose}>
      <OverlayHead title="New experiment" onClose={onClose} />
      <form
        className="obody"
        onSubmit={e => {
          e.preventDefault();
          createExperiment({
            display_name: name,
            ...(description ? { description } : {}),
            ...(namespace ? { namespace } : {}),
          }).then(() => {
            onDone();
            onClose();
          }, notifyError);
        }}
      >
        <label className="field">
          <span>Name</span>
          <input className="input" value={name} maxLength={128} onChange={e => setName(e.target.value)} />
        </label>
        <label className="field">
          <span>
            Description <span className="dim">optional</span>
          </span>
          <input className="input" value={description} onChange={e => setDescription(e.target.value)} />
        </label>
        <div className="row">
          <Button type="submit" kind="primary" size="large" disabled={!name.trim()}>
            Create experiment
          </Button>
        </div>
      </form>
    </Modal>
  );
}
