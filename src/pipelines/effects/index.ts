import type { ModuleEnv, Performer } from '../../kube/index.ts';
import { openRecorder, type Recorder } from '../../metadata/index.ts';
import { Effects } from './performers.ts';
import { RunLog } from './run-log.ts';

const logs = new WeakMap<ModuleEnv['ledger'], RunLog>();
const recorders = new WeakMap<ModuleEnv['ledger'], Recorder>();

/** The run logs of a ledger: one for all who ask, since all appends of a run must go through one. */
export function runLogOf(env: ModuleEnv): RunLog {
  let log = logs.get(env.ledger);
  if (!log) logs.set(env.ledger, (log = new RunLog(env)));
  return log;
}
/** The one who gives out metadata ids of a ledger. */
export function recorderOf(env: Pick<ModuleEnv, 'ledger'>): Recorder {
  let recorder = recorders.get(env.ledger);
  if (!recorder) recorders.set(env.ledger, (recorder = openRecorder(env.ledger)));
  return recorder;
}
export function runPerformers(env: ModuleEnv): Performer[] {
  return new Effects(env, runLogOf(env), recorderOf(env)).performers();
}
