import type { NodeView } from '../../../../src/pipelines/api/view.ts';
import { useSetParams } from '../../app/search.ts';
import { clockText, parseTime } from '../../lib/time.ts';
import { nodeState } from '../../parts/state.tsx';
import { median } from '../../timeline/predict.ts';
import { timeScale } from '../../timeline/scale.ts';

const width = 348;
const left = 34;
const plot = 64;
/** The longest attempt of a node so far. */
function longest(node: NodeView, now: number): number {
  const spans = node.attempts.length ? node.attempts : [node];
  return Math.max(
    0,
    ...spans.map(a => (parseTime(a.startedAt) === undefined ? 0 : (parseTime(a.finishedAt) ?? now) - parseTime(a.startedAt)!)),
  );
}
/** How long each iteration took, with this one told apart: a short or long bar is often the first clue. */
export function IterationChart({ node, siblings, now }: { node: NodeView; siblings: readonly NodeView[]; now: number }) {
  const set = useSetParams();
  const all = [...siblings, node].sort((a, b) => number(a) - number(b));
  if (all.length > 48) return null;
  const lengths = all.map(n => longest(n, now));
  const usual = median(siblings.filter(n => n.state === 'Succeeded').map(n => longest(n, now)));
  const scale = timeScale(Math.max(...lengths, 1000), plot, 4);
  const y = (ms: number): number => 12 + plot - (ms / scale.spanMs) * plot;
  const slot = (width - left) / all.length;
  const mine = longest(node, now);
  const verdict = usual === undefined ? '' : `, others ${clockText(usual)}`;
  return (
    <>
      <h3 className="sec">
        Duration of the iterations{' '}
        <span className="dim">longest attempt{usual === undefined ? '' : `, median ${clockText(usual)}`}</span>
      </h3>
      <svg width={width} height={plot + 32} role="img" aria-label={`This iteration ${clockText(mine)}${verdict}`}>
        {Array.from({ length: scale.bands + 1 }, (_, i) => i * scale.stepMs).map(ms => (
          <g key={ms}>
            <line className="grid" x1={left} x2={width} y1={y(ms)} y2={y(ms)} />
            <text x={left - 6} y={y(ms) + 4} textAnchor="end">
              {clockText(ms)}
            </text>
          </g>
        ))}
        {all.map((n, i) => {
          const on = n.id === node.id;
          const tone = n.state === 'Succeeded' ? (on ? 'dp4' : 'dp2') : `f-${nodeState(n.state).tone}`;
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the cells of the graph do the same by keyboard
            <g key={n.id} onClick={() => set({ node: n.id })} className="pick">
              <rect
                x={left + i * slot + 2}
                y={y(lengths[i]!)}
                width={Math.max(2, slot - 4)}
                height={Math.max(1, 12 + plot - y(lengths[i]!))}
                className={tone}
              />
              {(on || all.length <= 16) && (
                <text x={left + i * slot + slot / 2} y={plot + 27} textAnchor="middle" className={on ? 'val' : undefined}>
                  {number(n)}
                </text>
              )}
            </g>
          );
        })}
        {usual !== undefined && (
          <line x1={left} x2={width} y1={y(usual)} y2={y(usual)} stroke="var(--depth-4)" strokeDasharray="4 3" />
        )}
      </svg>
    </>
  );
}
const number = (n: NodeView): number => n.iteration ?? 0;
