import { WifiOff } from 'lucide-react';
import { knock, useLive } from '../data/live.ts';
import { useNow } from '../lib/clock.ts';
import { roughText, timeOfDay } from '../lib/time.ts';
import { Button } from '../parts/button.tsx';

/** Over every page while nothing answers: the last state stays below, dimmed, with its time. */
export function LostBanner() {
  const live = useLive();
  const now = useNow(live.state === 'lost');
  if (live.state === 'live') return null;
  return (
    <div className="lost" role="alert">
      <WifiOff className="i" aria-hidden />
      <b>Skiff stopped answering {roughText(now - live.since)} ago</b>
      <span>Pods keep running without it. Next attempt in {Math.max(0, Math.ceil((live.retryAt - now) / 1000))} s.</span>
      <Button size="small" onClick={knock}>
        Try now
      </Button>
      <span className="mono cmdi">skiff up</span>
      <span className="grow" />
      <span>as of {timeOfDay(live.since)}</span>
    </div>
  );
}
