import { Link } from '@tanstack/react-router';
import { Maximize2 } from 'lucide-react';
import type { NodeView, RunView } from '../../../../src/pipelines/api/view.ts';
import { useParam } from '../../app/search.ts';
import { LogPanel } from '../../logs/log-panel.tsx';
import { type LogTarget, useLog } from '../../logs/source.ts';
import { buttonClass, Segmented } from '../../parts/button.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';

/** The log of one attempt of a node. */
export function logTarget(view: RunView, node: NodeView, attempt: number | undefined): LogTarget | undefined {
  const chosen = node.attempts.find(a => a.number === attempt) ?? node.attempts.at(-1);
  if (!chosen) return undefined;
  return { namespace: view.namespace, pod: chosen.pod, runId: view.runId, nodeId: node.id, live: chosen.state === 'Running' };
}
export function LogsTab({ view, node }: { view: RunView; node: NodeView }) {
  const [attempt, setAttempt] = useParam('attempt');
  const log = useLog(logTarget(view, node, attempt ? Number(attempt) : undefined));
  if (node.attempts.length === 0)
    return (
      <p className="sub pad">
        {node.state === 'Cached' ? 'Outputs were re-used, so nothing ran.' : `${node.displayName} has not started.`}
      </p>
    );
  const chosen = attempt ?? String(node.attempts.length);
  return (
    <div className="logtab">
      <div className="row lhd">
        {node.attempts.length > 1 ? (
          <Segmented
            small
            label="Attempt"
            value={chosen}
            onChange={setAttempt}
            options={node.attempts.map(a => ({ value: String(a.number), label: `Attempt ${a.number}` }))}
          />
        ) : (
          <span className="dim t12">{log.lines.length} lines</span>
        )}
        <span className="grow" />
        <Link
          className={buttonClass('ghost', 'small')}
          to="/runs/$runId/logs"
          params={{ runId: view.runId }}
          search={s => ({ ...s, node: node.id })}
        >
          <Maximize2 className="i" aria-hidden />
          Full page
        </Link>
      </div>
      {log.error && <Problem error={log.error} what={`the log of ${node.displayName}`} />}
      {log.status === 'loading' ? <SkeletonRows rows={6} what="the log" /> : !log.error && <LogPanel log={log} compact />}
    </div>
  );
}
