import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { useParams, useSetParams } from '../../app/search.ts';
import { createRun, experimentsQuery, getRun, pipelinesQuery, versionsQuery } from '../../data/kfp.ts';
import { pipelineViewQuery } from '../../data/view.ts';
import { now } from '../../lib/clock.ts';
import { Button } from '../../parts/button.tsx';
import { CommandLine } from '../../parts/copy.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { notify } from '../../parts/toast.ts';
import { ParameterField } from './field.tsx';
import './new-run.css';
import { checkDraft, type Draft, fieldText, runCommand } from './values.ts';

/** `churn-daily-11-24-1455`: readable, and different each minute. */
function suggestName(pipeline: string): string {
  const d = new Date(now());
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${pipeline}-${two(d.getMonth() + 1)}-${two(d.getDate())}-${two(d.getHours())}${two(d.getMinutes())}`;
}
/** Starts a run: pipeline and version in the URL, one typed field for each parameter, Ctrl+Enter. */
export function NewRunPage() {
  const { ns, pipeline: pipelineId, version, clone, experiment } = useParams();
  const set = useSetParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  usePage([{ label: 'Runs', to: '/runs' }, { label: clone ? 'Clone' : 'New run' }], ns);
  const { data: source } = useQuery({ queryKey: ['run', clone], queryFn: () => getRun(clone!), enabled: clone !== undefined });
  const { data: pipelines, isPending } = useQuery(pipelinesQuery(ns));
  const { data: experiments } = useQuery(experimentsQuery(ns));
  const chosenId = pipelineId ?? source?.pipeline_version_reference?.pipeline_id;
  const chosen = pipelines?.pipelines?.find(p => p.pipeline_id === chosenId);
  const { data: versions } = useQuery({ ...versionsQuery(chosenId ?? ''), enabled: chosenId !== undefined });
  const versionId =
    version ??
    (pipelineId ? undefined : source?.pipeline_version_reference?.pipeline_version_id) ??
    versions?.pipeline_versions?.[0]?.pipeline_version_id;
  const view = useQuery({
    ...pipelineViewQuery(chosenId ?? '', versionId ?? ''),
    enabled: chosenId !== undefined && versionId !== undefined,
  });
  const [draft, setDraft] = useState<Draft>({});
  const [name, setName] = useState<string>();
  const [description, setDescription] = useState('');
  const [root, setRoot] = useState<string>();
  const [account, setAccount] = useState<string>();
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Error>();
  useEffect(() => {
    if (source)
      setDraft(Object.fromEntries(Object.entries(source.runtime_config?.parameters ?? {}).map(([k, v]) => [k, fieldText(v)])));
  }, [source]);
  const parameters = view.data?.parameters ?? [];
  const { values, errors } = checkDraft(parameters, draft);
  const title = name ?? (source ? `Clone of ${source.display_name}` : chosen ? suggestName(chosen.display_name) : '');
  const blocked = Object.keys(errors).length > 0;
  const start = (event?: FormEvent): void => {
    event?.preventDefault();
    setTried(true);
    if (!chosenId || !versionId || blocked || busy) return;
    setBusy(true);
    setFailure(undefined);
    const pipelineRoot = root ?? source?.runtime_config?.pipeline_root;
    const serviceAccount = account ?? source?.service_account;
    const experimentId = experiment ?? source?.experiment_id;
    createRun({
      display_name: title,
      ...(description ? { description } : {}),
      ...(experimentId ? { experiment_id: experimentId } : {}),
      pipeline_version_reference: { pipeline_id: chosenId, pipeline_version_id: versionId },
      runtime_config: { parameters: values, ...(pipelineRoot ? { pipeline_root: pipelineRoot } : {}) },
      ...(serviceAccount ? { service_account: serviceAccount } : {}),
    })
      .then(run => {
        void client.invalidateQueries({ queryKey: ['runs'] });
        notify('Started', title);
        void navigate({ to: '/runs/$runId', params: { runId: run.run_id }, search: ns ? { ns } : {} });
      })
      .catch(setFailure)
      .finally(() => setBusy(false));
  };
  useActs([{ id: 'start', label: 'Start the run', icon: Play, keys: 'ctrl+enter', group: 'New run', run: () => start() }]);
  const problems = tried ? Object.keys(errors).length : 0;
  return (
    <form className="newrun" onSubmit={start}>
      <div className="phead">
        <div className="ptitle">
          <h1>{clone ? 'Clone run' : 'New run'}</h1>
          <span className="sub cut">{source && `of ${source.display_name}`}</span>
          <div className="acts">
            {problems > 0 && (
              <span className="c-fail t12">
                {problems === 1 ? 'One parameter needs a value' : `${problems} parameters need a value`}
              </span>
            )}
            <Button type="submit" kind="primary" icon={Play} keys="ctrl+enter" busy={busy} disabled={!versionId}>
              Start run
            </Button>
          </div>
        </div>
      </div>
      <div className="body nrb">
        <div className="nrcol">
          {failure && (
            <section className="panel">
              <Problem error={failure} what="the new run" />
            </section>
          )}
          <section className="panel nrp" aria-label="What to run">
            {isPending && <SkeletonRows rows={2} what="the pipelines" />}
            <div className="nr2">
              <label className="field">
                <span>Pipeline</span>
                <select
                  className="input"
                  value={chosenId ?? ''}
                  onChange={e => set({ pipeline: e.target.value || undefined, version: undefined })}
                >
                  <option value="">Choose a pipeline</option>
                  {pipelines?.pipelines?.map(p => (
                    <option key={p.pipeline_id} value={p.pipeline_id}>
                      {p.display_name}
                    </option>
                  ))}
                </select>
              </label>
              <label className="field">
                <span>Version</span>
                <select
                  className="input"
                  value={versionId ?? ''}
                  disabled={!versions?.pipeline_versions?.length}
                  onChange={e => set({ version: e.target.value })}
                >
                  {versions?.pipeline_versions?.map((v, i) => (
                    <option key={v.pipeline_version_id} value={v.pipeline_version_id}>
                      {v.display_name}
                      {i === 0 ? ' (newest)' : ''}
                    </option>
                  ))}
                </select>
              </label>
              <label className="field">
                <span>Name</span>
                <input className="input" value={title} onChange={e => setName(e.target.value)} />
              </label>
              <label className="field">
                <span>Experiment</span>
                <select
                  className="input"
                  value={experiment ?? source?.experiment_id ?? ''}
                  onChange={e => set({ experiment: e.target.value || undefined })}
                >
                  <option value="">Default</option>
                  {experiments?.experiments
                    ?.filter(e => e.display_name !== 'Default' && e.storage_state !== 'ARCHIVED')
                    .map(e => (
                      <option key={e.experiment_id} value={e.experiment_id}>
                        {e.display_name}
                      </option>
                    ))}
                </select>
              </label>
            </div>
          </section>
          <section className="panel" aria-label="Parameters">
            <header>
              <h2>Parameters</h2>
              <span className="n">{parameters.length || ''}</span>
            </header>
            {!chosenId && <p className="sub pad">Choose a pipeline; its parameters appear here.</p>}
            {view.isLoading && <SkeletonRows rows={4} what="the parameters" />}
            {view.error && <Problem error={view.error} what="the parameters" retry={() => void view.refetch()} />}
            {view.data && parameters.length === 0 && <p className="sub pad">This pipeline takes no parameters.</p>}
            {parameters.map(p => (
              <ParameterField
                key={p.name}
                parameter={p}
                text={draft[p.name]}
                error={tried || draft[p.name] !== undefined ? errors[p.name] : undefined}
                onChange={text => setDraft({ ...draft, [p.name]: text })}
              />
            ))}
          </section>
          <details className="panel adv">
            <summary>
              <h2>Advanced</h2>
              <span className="dim t12">service account, pipeline root, description</span>
            </summary>
            <div className="nrp nr2">
              <label className="field">
                <span>
                  Service account <span className="dim">optional</span>
                </span>
                <input
                  className="input mono"
                  placeholder="default-editor"
                  value={account ?? source?.service_account ?? ''}
                  onChange={e => setAccount(e.target.value)}
                />
              </label>
              <label className="field">
                <span>
                  Pipeline root <span className="dim">optional</span>
                </span>
                <input
                  className="input mono"
                  placeholder="minio://mlpipeline/v2/artifacts"
                  value={root ?? source?.runtime_config?.pipeline_root ?? ''}
                  onChange={e => setRoot(e.target.value)}
                />
              </label>
              <label className="field wide">
                <span>
                  Description <span className="dim">optional</span>
                </span>
                <input className="input" value={description} onChange={e => setDescription(e.target.value)} />
              </label>
            </div>
          </details>
        </div>
      </div>
      <div className="cmdw">
        <CommandLine command={runCommand(chosen?.display_name ?? 'PIPELINE', values)} />
      </div>
    </form>
  );
}
