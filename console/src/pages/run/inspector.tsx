import { ChevronLeft, ChevronRight, X } from 'lucide-react';
import { lazy, Suspense } from 'react';
import type { NodeView } from '../../../../src/pipelines/api/view.ts';
import { useParam, useSetParams } from '../../app/search.ts';
import { IconButton } from '../../parts/button.tsx';
import { CommandLine } from '../../parts/copy.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { nodeState, StateMark } from '../../parts/state.tsx';
import { InOut, Values } from './in-out.tsx';
import { failedNodes } from './progress.ts';
import { Summary } from './summary.tsx';
import type { RunData } from './use-run.ts';

const ArtifactsTab = lazy(() => import('./artifacts-tab.tsx').then(m => ({ default: m.ArtifactsTab })));
const EventList = lazy(() => import('./events-tab.tsx').then(m => ({ default: m.EventList })));
const LogsTab = lazy(() => import('./logs-tab.tsx').then(m => ({ default: m.LogsTab })));
const YamlTab = lazy(() => import('./yaml-tab.tsx').then(m => ({ default: m.YamlTab })));
const tabs = ['summary', 'inout', 'logs', 'events', 'artifacts', 'yaml'] as const;
type Tab = (typeof tabs)[number];
const words: Record<Tab, string> = {
  summary: 'Summary',
  inout: 'In/Out',
  logs: 'Logs',
  events: 'Events',
  artifacts: 'Artifacts',
  yaml: 'YAML',
};

/** One node in full. The tab stays while the selection moves. */
export function Inspector({ data, node }: { data: RunData; node: NodeView }) {
  const [tab = 'summary'] = useParam('tab');
  const set = useSetParams();
  const { view } = data;
  const failed = failedNodes(view);
  const place = failed.findIndex(n => n.id === node.id);
  const step = (by: number): void => {
    const next = failed[(place + by + failed.length) % failed.length];
    if (next) set({ node: next.id, attempt: undefined, line: undefined });
  };
  const loop = view.nodes.find(n => n.id === view.nodes.find(p => p.id === node.parent)?.parent);
  const total = loop ? view.nodes.filter(n => n.parent === loop.id).length : 0;
  return (
    <aside className="insp" aria-label="Inspector">
      <div className="ih">
        <div className="row">
          <h2 className="t14 b6 cut">{node.displayName}</h2>
          {node.iteration !== undefined && total > 0 ? (
            <span className="dim nowrap">
              iteration {node.iteration} of {total}
            </span>
          ) : (
            <StateMark state={nodeState(node.state)} />
          )}
          <span className="grow" />
          <IconButton
            small
            icon={ChevronLeft}
            label="Previous failed (p)"
            disabled={failed.length === 0}
            onClick={() => step(-1)}
          />
          <IconButton small icon={ChevronRight} label="Next failed (n)" disabled={failed.length === 0} onClick={() => step(1)} />
          <IconButton small icon={X} label="Close the inspector (])" onClick={() => set({ node: 'none' })} />
        </div>
        <div className="tabs it" role="tablist" aria-label="About this node">
          {tabs.map(t => (
            <button
              key={t}
              type="button"
              role="tab"
              id={`tab-${t}`}
              aria-selected={tab === t}
              aria-controls="tabpanel"
              onClick={() => set({ tab: t === 'summary' ? undefined : t })}
            >
              {words[t]}
              {t === 'artifacts' && <span className="n">{node.outputs.artifacts.length}</span>}
            </button>
          ))}
        </div>
      </div>
      <div className={`ib2${tab === 'logs' ? ' flush' : ''}`} role="tabpanel" id="tabpanel" aria-labelledby={`tab-${tab}`}>
        <Suspense fallback={<SkeletonRows rows={4} what="this tab" />}>
          <TabBody tab={tab as Tab} data={data} node={node} />
        </Suspense>
      </div>
      <div className="cmdw">
        <CommandLine command={commandOf(tab as Tab, view.runId, node)} />
      </div>
    </aside>
  );
}
function TabBody({ tab, data, node }: { tab: Tab; data: RunData; node: NodeView }) {
  const pod = node.attempts.at(-1)?.pod;
  if (tab === 'inout') return <InOut node={node} />;
  if (tab === 'logs') return <LogsTab view={data.view} node={node} />;
  if (tab === 'events')
    return pod ? (
      <EventList namespace={data.view.namespace} name={pod} />
    ) : (
      <p className="sub">No Pod has run for this node, so there are no events.</p>
    );
  if (tab === 'artifacts') return <ArtifactsTab node={node} namespace={data.view.namespace} />;
  if (tab === 'yaml') return <YamlTab view={data.view} node={node} />;
  return <Summary data={data} node={node} />;
}
function commandOf(tab: Tab, runId: string, node: NodeView): string {
  const task = node.iteration === undefined ? node.taskName : `${node.taskName}[${node.iteration}]`;
  if (tab === 'logs') return `skiff logs run/${runId} --task ${task}`;
  if (tab === 'yaml' && node.attempts.length) return `kubectl get pod ${node.attempts.at(-1)!.pod} -o yaml`;
  return node.state === 'Failed' ? `skiff why run/${runId} --task ${task}` : `skiff get run/${runId} --task ${task}`;
}
/** The run itself, when no node is selected. */
export function RunInspector({ data }: { data: RunData }) {
  const { view } = data;
  const set = useSetParams();
  return (
    <aside className="insp" aria-label="Inspector">
      <div className="ih">
        <div className="row runih">
          <h2 className="t14 b6 cut">This run</h2>
          <span className="grow" />
          <IconButton small icon={X} label="Close the inspector (])" onClick={() => set({ node: 'none' })} />
        </div>
      </div>
      <div className="ib2">
        {view.error && (
          <div className="why">
            <p className="lead">{view.error}</p>
          </div>
        )}
        <Values title="Parameters" values={view.parameters} />
        <h3 className="sec">Details</h3>
        <dl className="kv">
          <dt>Namespace</dt>
          <dd>{view.namespace}</dd>
          <dt>Service account</dt>
          <dd>{view.serviceAccount ?? 'default'}</dd>
          {view.pipelineRoot && (
            <>
              <dt>Pipeline root</dt>
              <dd className="mono">{view.pipelineRoot}</dd>
            </>
          )}
          {view.description && (
            <>
              <dt>Description</dt>
              <dd>{view.description}</dd>
            </>
          )}
        </dl>
      </div>
      <div className="cmdw">
        <CommandLine command={`skiff get run/${view.runId}`} />
      </div>
    </aside>
  );
}
