import { LoaderCircle } from 'lucide-react';
import { useEffect, useState } from 'react';
import { now, useNow } from '../lib/clock.ts';

const widths = [64, 150, 120, 166, 134, 110];
/** Rows in their final height at once; after a second it says what it waits for and how long. */
export function SkeletonRows({ rows = 8, what }: { rows?: number; what: string }) {
  return (
    <div className="skels" aria-busy="true">
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <div key={i} className="sr">
          <span className="skel" style={{ width: widths[i % 3] }} />
          <span className="skel" style={{ width: widths[(i + 1) % 6] }} />
          <span className="skel" style={{ width: 52 + (i % 3) * 4 }} />
        </div>
      ))}
      <Waiting what={what} />
    </div>
  );
}
export function Waiting({ what }: { what: string }) {
  const [since] = useState(now);
  const [shown, setShown] = useState(false);
  const current = useNow();
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 1000);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div className="wt" role="status">
      <span className="st run">
        <LoaderCircle className="i turning" aria-hidden />
      </span>
      <span className="grow">Waiting for {what}</span>
      <span className="dim">{Math.max(1, Math.round((current - since) / 1000))} s</span>
    </div>
  );
}
