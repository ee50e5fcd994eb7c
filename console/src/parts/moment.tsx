import { useNow } from '../lib/clock.ts';
import { agoText, clockText, exactText, momentText, parseTime } from '../lib/time.ts';

/** When, in the shortest unambiguous words; local and UTC in full on hover. */
export function Moment({ at, ago = false }: { at: string | undefined; ago?: boolean }) {
  const ms = parseTime(at);
  const now = useNow(ago);
  if (ms === undefined) return <span className="dim">–</span>;
  return (
    <time dateTime={at} title={exactText(ms)}>
      {ago ? agoText(ms, now) : momentText(ms, now)}
    </time>
  );
}
/** How long; ticks while there is no end. */
export function Duration({ from, to }: { from: string | undefined; to: string | undefined }) {
  const start = parseTime(from);
  const end = parseTime(to);
  const now = useNow(start !== undefined && end === undefined);
  if (start === undefined) return <span className="dim">–</span>;
  return <>{clockText((end ?? now) - start)}</>;
}
