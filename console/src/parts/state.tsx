import {
  CircleCheck,
  CircleDot,
  CircleSlash,
  CircleStop,
  CircleX,
  Hourglass,
  Layers,
  LoaderCircle,
  type LucideIcon,
  Moon,
  TriangleAlert,
} from 'lucide-react';
import type { NodeState, RunState } from '../../../src/pipelines/api/view.ts';

export type Tone = 'ok' | 'run' | 'wait' | 'fail' | 'hold' | 'cache';
export type State = { tone: Tone; word: string; icon: LucideIcon };

const ok = (word: string): State => ({ tone: 'ok', word, icon: CircleCheck });
const up = (word: string): State => ({ tone: 'ok', word, icon: CircleDot });
const run = (word: string): State => ({ tone: 'run', word, icon: LoaderCircle });
const wait = (word: string): State => ({ tone: 'wait', word, icon: Hourglass });
const warn = (word: string): State => ({ tone: 'wait', word, icon: TriangleAlert });
const fail = (word: string): State => ({ tone: 'fail', word, icon: CircleX });
const stop = (word: string): State => ({ tone: 'hold', word, icon: CircleStop });
const skip = (word: string): State => ({ tone: 'hold', word, icon: CircleSlash });
const sleep = (word: string): State => ({ tone: 'hold', word, icon: Moon });
const cached: State = { tone: 'cache', word: 'Cached', icon: Layers };

const runs: Record<RunState, State> = {
  PENDING: wait('Pending'),
  RUNNING: run('Running'),
  SUCCEEDED: ok('Succeeded'),
  SKIPPED: skip('Skipped'),
  FAILED: fail('Failed'),
  CANCELING: run('Canceling'),
  CANCELED: stop('Canceled'),
  PAUSED: stop('Paused'),
};
/** The state of a run; unknown ones count as pending. */
export const runState = (state: string | undefined): State => runs[state as RunState] ?? wait('Pending');

const nodes: Record<NodeState, State> = {
  Pending: wait('Pending'),
  Running: run('Running'),
  Succeeded: ok('Succeeded'),
  Failed: fail('Failed'),
  Skipped: skip('Skipped'),
  Cached: cached,
  Canceled: stop('Canceled'),
};
export const nodeState = (state: NodeState): State => nodes[state];

/** The state that a table cell's word stands for (Kubernetes' printer columns: STATUS, PHASE, READY …). */
export function wordState(word: string): State | undefined {
  if (/^(Running|Active|Bound|Serving)$/.test(word)) return up(word);
  if (/^(True|Ready|Succeeded|Complete[d]?|Healthy|Available|Registered|Enabled|Normal)$/.test(word)) return ok(word);
  if (/^(Creating|ContainerCreating|PodInitializing|Terminating|Starting|Restoring|Created|Restarting|Canceling)$/.test(word))
    return run(word);
  if (/^(Pending|Waiting|Queued|Unknown|Suspended|SchedulingGated)$/.test(word)) return wait(word);
  if (/^(Degraded|Slow|Warning)$/.test(word)) return warn(word);
  if (/^(Stopped|Disabled|Canceled|Paused)$/.test(word)) return stop(word);
  if (/^(Skipped|Omitted)$/.test(word)) return skip(word);
  if (/^(ScaledToZero)$/.test(word)) return sleep(word);
  if (
    /^(False|NotReady|Failed|Error|Err\w+|OOMKilled|CrashLoopBackOff|[\w:]*BackOff|Evicted|Refused|Lost|NodeLost|Init:.*Error)$/.test(
      word,
    )
  )
    return fail(word);
  return undefined;
}
export const states = { ok, up, run, wait, warn, fail, stop, skip, sleep, cached };

/** Icon, word and colour, always the three. `big` is the badge of a page head. */
export function StateMark({ state, big = false, word = state.word }: { state: State; big?: boolean; word?: string }) {
  const { icon: Icon, tone } = state;
  return (
    <span className={`st ${tone}${big ? ' big' : ''}`}>
      <Icon className="i" aria-hidden />
      {word}
    </span>
  );
}
/** Only the icon, where the word stands beside it as a name or is given to screen readers. */
export function StateIcon({ state, label = state.word }: { state: State; label?: string }) {
  const { icon: Icon, tone } = state;
  return (
    <span className={`c-${tone} sti`} role="img" aria-label={label} title={label}>
      <Icon className="i" aria-hidden />
    </span>
  );
}
