// biome-ignore-all lint/suspicious/noArrayIndexKey: marks of a drawing are their position
import { useMemo } from 'react';
import { timeOfDay } from '../lib/time.ts';
import { useSize } from '../lib/use-size.ts';
import { timeScale } from '../timeline/scale.ts';
import { density, type LogLine } from './lines.ts';

const heightPx = 24;
/** Lines over time on a neatline; warnings and errors stand out as full bars. A click goes to the time. */
export function LogOverview({ lines, onLine }: { lines: readonly LogLine[]; onLine(number: number): void }) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const slices = Math.max(20, Math.floor(width / 9));
  const data = useMemo(() => density(lines, slices), [lines, slices]);
  if (!data) return null;
  const most = Math.max(...data.slices.map(s => s.lines));
  const scale = timeScale(data.to - data.from, width, 22);
  const band = (scale.stepMs / (data.to - data.from)) * width;
  const bands = Math.ceil(width / band);
  const go = (share: number): void => {
    const at = data.from + share * (data.to - data.from);
    const line = lines.find(l => (l.at ?? 0) >= at);
    if (line) onLine(line.number);
  };
  return (
    <div className="ov" ref={ref}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: keyboard users jump by search, first error and line links */}
      <svg
        width={width}
        height="46"
        role="img"
        aria-label={`Lines over time, ${timeOfDay(data.from)} to ${timeOfDay(data.to)}`}
        onClick={e => go(e.nativeEvent.offsetX / width)}
      >
        {data.slices.map((slice, i) => {
          const h = slice.lines === 0 ? 0 : slice.level ? heightPx : Math.max(2, (slice.lines / most) * heightPx);
          const tone = slice.level === 'ERROR' ? 'f-fail' : slice.level === 'WARN' ? 'f-wait' : 'f-lines';
          return (
            <rect
              key={i}
              className={tone}
              x={(i * width) / slices}
              y={heightPx + 2 - h}
              width={slice.level ? 3 : Math.max(1, width / slices - 2)}
              height={h}
            />
          );
        })}
        <rect x="0.5" y="28" width={Math.max(0, width - 1)} height="4" fill="var(--deck)" stroke="var(--ink-3)" />
        {Array.from({ length: Math.ceil(bands / 2) }, (_, i) => (
          <rect
            key={i}
            x={i * 2 * band}
            y="28"
            width={Math.max(0, Math.min(band, width - i * 2 * band))}
            height="4"
            fill="var(--ink-3)"
          />
        ))}
        {Array.from({ length: Math.floor(bands / scale.labelEvery) + 1 }, (_, i) => {
          const x = i * scale.labelEvery * band;
          if (x > width - 44) return null;
          return (
            <text key={x} x={x} y="44" textAnchor={i === 0 ? 'start' : 'middle'}>
              {timeOfDay(data.from + i * scale.labelEvery * scale.stepMs)}
            </text>
          );
        })}
      </svg>
    </div>
  );
}
