import { CircleX } from 'lucide-react';
import type { NodeView } from '../../../../src/pipelines/api/view.ts';
import { useSetParams } from '../../app/search.ts';
import { countText, valueText } from '../../lib/quantity.ts';
import { clockText, parseTime, timeOfDay } from '../../lib/time.ts';
import { Button } from '../../parts/button.tsx';
import { copyText } from '../../parts/copy.tsx';
import { notify } from '../../parts/toast.ts';
import { tookMs } from '../../timeline/predict.ts';
import { IterationChart } from './iteration-chart.tsx';
import { blockedBy, inputDifferences, siblingsOf } from './progress.ts';
import type { RunData } from './use-run.ts';

/** A failed node: why first, then what is different about it. Others: the facts. */
export function Summary({ data, node }: { data: RunData; node: NodeView }) {
  const siblings = siblingsOf(data.view, node);
  const differences = node.state === 'Failed' ? inputDifferences(node, siblings) : [];
  return (
    <>
      {(node.state === 'Failed' || node.why) && <WhyBox node={node} data={data} />}
      {siblings.length > 1 && <IterationChart node={node} siblings={siblings} now={data.now} />}
      {differences.length > 0 && (
        <>
          <h3 className="sec">Inputs that differ from the other {siblings.length}</h3>
          <table className="t mini-t">
            <tbody>
              {differences.map(d => (
                <tr key={d.name}>
                  <td className="mono">{d.name}</td>
                  <td className="mono num">
                    <b>{valueText(d.value)}</b>
                  </td>
                  <td className="dim num">{d.others}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <Details data={data} node={node} />
    </>
  );
}
function WhyBox({ node, data }: { node: NodeView; data: RunData }) {
  const set = useSetParams();
  const last = node.attempts.at(-1);
  const code = last?.exitCode;
  const why = node.why;
  const line = why?.chain.find(s => /^Log line (\d+)/.test(s.kind));
  const event = why?.chain.find(s => s.kind === 'Event' || s.kind === 'Pod');
  const at = parseTime(event?.at);
  return (
    <div className="why">
      <div className="hd">
        <CircleX className="i" aria-hidden />
        {node.state}
        {code ? `, exit code ${code}` : ''}
      </div>
      <p className="lead">
        {why?.sentence ?? node.message ?? `Cause not known; the last attempt of ${node.displayName} ended without a message.`}
      </p>
      {(line || at || last?.message) && (
        <p className="ev">
          Seen in:{' '}
          {last?.message && (
            <button type="button" className="link" onClick={() => set({ tab: 'yaml' })}>
              state {last.message}
            </button>
          )}
          {at !== undefined && (
            <>
              {last?.message && ', '}
              <button type="button" className="link" onClick={() => set({ tab: 'events' })}>
                event {timeOfDay(at)}
              </button>
            </>
          )}
          {line && (
            <>
              ,{' '}
              <button type="button" className="link" onClick={() => set({ tab: 'logs', line: /\d+/.exec(line.kind)![0] })}>
                {line.kind.toLowerCase()}
              </button>
            </>
          )}
        </p>
      )}
      <div className="fix">
        {why?.remedy && (
          <Button
            kind="primary"
            title={why.remedy.command}
            onClick={() => void copyText(why.remedy!.command).then(() => notify('Copied:', why.remedy!.command))}
          >
            {why.remedy.label}
          </Button>
        )}
        {why && (
          <Button keys="w" onClick={() => set({ why: `Task/${data.view.namespace}/${data.view.runId}/${node.id}` })}>
            Why
          </Button>
        )}
        {!why && (
          <Button keys="l" onClick={() => set({ tab: 'logs' })}>
            Read the log
          </Button>
        )}
      </div>
    </div>
  );
}
function Details({ data, node }: { data: RunData; node: NodeView }) {
  const set = useSetParams();
  const attempts = node.attempts;
  const took = attempts.map(a => {
    const start = parseTime(a.startedAt);
    return start === undefined ? '–' : clockText((parseTime(a.finishedAt) ?? data.now) - start);
  });
  const blocked = node.state === 'Failed' ? blockedBy(data.view, node) : [];
  const guess = data.predicted.get(node.id);
  const inside = data.view.nodes.filter(n => n.parent === node.id);
  const pod = attempts.at(-1)?.pod;
  return (
    <>
      <h3 className="sec">Details</h3>
      <dl className="kv">
        {node.startedAt ? (
          <>
            <dt>Started</dt>
            <dd>{timeOfDay(parseTime(node.startedAt)!)}</dd>
          </>
        ) : (
          guess && (
            <>
              <dt>Expected</dt>
              <dd>
                {timeOfDay(guess.start)}, for {clockText(guess.end - guess.start)}
              </dd>
            </>
          )
        )}
        {node.finishedAt && (
          <>
            <dt>Duration</dt>
            <dd>{clockText(tookMs(node) ?? 0)}</dd>
          </>
        )}
        {attempts.length > 0 && (
          <>
            <dt>Attempts</dt>
            <dd>
              {attempts.length}, <span className="dim">{took.join(' and ')}</span>
            </dd>
          </>
        )}
        {node.cachedFromRun && (
          <>
            <dt>Outputs from</dt>
            <dd className="mono">{node.cachedFromRun}</dd>
          </>
        )}
        {node.condition && (
          <>
            <dt>Condition</dt>
            <dd className="mono">{node.condition}</dd>
          </>
        )}
        {inside.length > 0 && (
          <>
            <dt>{node.kind === 'loop' ? 'Iterations' : 'Tasks'}</dt>
            <dd>{countText(inside.length)}</dd>
          </>
        )}
        {pod && (
          <>
            <dt>Pod</dt>
            <dd className="mono cut" title={pod}>
              {pod}
            </dd>
          </>
        )}
        {node.image && (
          <>
            <dt>Image</dt>
            <dd className="mono cut" title={node.image}>
              {node.image}
            </dd>
          </>
        )}
        {blocked.length > 0 && (
          <>
            <dt>Blocks</dt>
            <dd>
              {blocked.slice(0, 2).map((n, i) => (
                <span key={n.id}>
                  {i > 0 && ', '}
                  <button type="button" className="link" onClick={() => set({ node: n.id })}>
                    {n.displayName}
                  </button>
                </span>
              ))}
              {blocked.length > 2 && ` and ${blocked.length - 2} more`}
            </dd>
          </>
        )}
      </dl>
    </>
  );
}
