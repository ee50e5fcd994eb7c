import { memo } from 'react';
import type { Bar } from './columns.ts';

const width = 84;
const height = 18;
/** The last 20 durations of a pipeline, this run last and darker; failed and cached ones keep their colour. */
export const Spark = memo(({ bars }: { bars: readonly Bar[] }) => {
  if (bars.length < 2) return null;
  const most = Math.max(...bars.map(b => b.ms), 1);
  const failed = bars.filter(b => b.state === 'FAILED').length;
  const from = 20 - bars.length;
  return (
    <svg width={width} height={height} role="img" aria-label={`Last ${bars.length} durations, ${failed} failed`}>
      {bars.map((bar, i) => {
        const h = Math.max(2.7, (bar.ms / most) * (height - 2));
        const tone =
          bar.state === 'FAILED'
            ? 'f-fail'
            : bar.state === 'RUNNING'
              ? 'f-run'
              : bar.cached
                ? 'f-cache'
                : i === bars.length - 1
                  ? 'dp4'
                  : 'dp2';
        // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its position
        return <rect key={i} x={(from + i) * 4.2} y={height - h} width="3.2" height={h} className={tone} />;
      })}
    </svg>
  );
});
