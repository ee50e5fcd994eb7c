// biome-ignore-all lint/a11y/noAutofocus: the field appears because its button was pressed
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowUp, Play, Plus, Terminal, Upload, X } from 'lucide-react';
import { useState } from 'react';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { keepNamespace, useParams, useSetParams } from '../../app/search.ts';
import { countText, plural } from '../../lib/quantity.ts';
import { Button, buttonClass, IconButton } from '../../parts/button.tsx';
import { copyText } from '../../parts/copy.tsx';
import { notify } from '../../parts/toast.ts';
import { RunList, useListedRuns } from './run-list.tsx';
import { useViewCounts, useViews } from './views.ts';

/** All runs: views as tabs over one query. */
export function RunsPage() {
  const { ns, q = '' } = useParams();
  const navigate = useNavigate();
  const listed = useListedRuns();
  const { runs } = listed;
  usePage([{ label: 'Runs' }], ns);
  const create = (): void => void navigate({ to: '/runs/new', search: keepNamespace });
  const command = `skiff list runs${ns ? ` -n ${ns}` : ''}${q ? ` '${q}'` : ''}`;
  useActs([
    { id: 'new-run', label: 'Start run', icon: Play, keys: 'c', group: 'Runs', command: 'skiff run', run: create },
    {
      id: 'upload',
      label: 'Upload pipeline',
      icon: Upload,
      group: 'Runs',
      command: 'skiff upload pipeline.yaml',
      run: () => void navigate({ to: '/pipelines', search: s => ({ ...keepNamespace(s), upload: 'new' }) }),
    },
  ]);
  return (
    <>
      <div className="phead">
        <div className="ptitle">
          <h1>Runs</h1>
          <div className="acts">
            <Button kind="ghost" icon={Terminal} onClick={() => void copyText(command).then(() => notify('Copied:', command))}>
              Copy as command
            </Button>
            <Link className={buttonClass()} to="/pipelines" search={s => ({ ...keepNamespace(s), upload: 'new' })}>
              <Upload className="i" aria-hidden />
              Upload pipeline
            </Link>
            <Link className={buttonClass('primary')} to="/runs/new" search={keepNamespace}>
              <Play className="i" aria-hidden />
              Start run
            </Link>
          </div>
        </div>
        <div className="tabrow">
          <ViewTabs q={q} namespace={ns} />
          <span className="grow" />
          {runs.fresh > 0 && (
            <button type="button" className="newpill" onClick={runs.refresh}>
              <ArrowUp className="i" aria-hidden />
              {plural(runs.fresh, 'new run')}
            </button>
          )}
        </div>
      </div>
      <div className="waterline" />
      <div className="flushbody full">
        <RunList listed={listed} firstUse />
      </div>
    </>
  );
}
function ViewTabs({ q, namespace }: { q: string; namespace: string | undefined }) {
  const set = useSetParams();
  const { views, save, remove } = useViews();
  const counts = useViewCounts(views, namespace);
  const [naming, setNaming] = useState(false);
  const known = views.some(v => v.q === q);
  return (
    <div className="tabs">
      {views.map((view, i) => {
        const on = view.q === q;
        const count = counts[i];
        const bad = view.q.includes('status:failed') && (count ?? 0) > 0;
        return (
          <span key={view.name} className="vtab">
            <button
              type="button"
              aria-current={on ? 'page' : undefined}
              onClick={() => set({ q: view.q || undefined }, { push: true })}
            >
              {view.name}
              {count !== undefined && (
                <span className={bad ? 'n bad' : 'n'}>
                  {bad && <X className="i" aria-hidden />}
                  {countText(count)}
                </span>
              )}
            </button>
            {view.own && on && (
              <IconButton small icon={X} label={`Remove the view ${view.name}`} onClick={() => remove(view.name)} />
            )}
          </span>
        );
      })}
      {naming ? (
        <form
          className="vname"
          onSubmit={e => {
            e.preventDefault();
            const name = String(new FormData(e.currentTarget).get('name')).trim();
            if (name) save(name, q);
            setNaming(false);
          }}
        >
          <input
            className="input"
            name="name"
            aria-label="Name of the view"
            placeholder="Name of the view"
            autoFocus
            onBlur={() => setNaming(false)}
            onKeyDown={e => e.key === 'Escape' && setNaming(false)}
          />
        </form>
      ) : (
        <span className="vtab">
          <button
            type="button"
            className="dim"
            disabled={known}
            title={known ? 'Filter first; then the query can be kept as a view' : undefined}
            onClick={() => setNaming(true)}
          >
            <Plus className="i" aria-hidden />
            Save view
          </button>
        </span>
      )}
    </div>
  );
}
