import { condition, count, get, isTrue, list, type Row, text } from './access.ts';
import { AGE, type Column, column, NAME, wide } from './column.ts';
import { since } from './human.ts';

type Container = Readonly<Record<string, unknown>>;
type Summary = { reason: string; ready: number; restarts: number; lastRestart: string };

const NONE = '<none>';
/** The one summary of the object in hand: three columns ask for it. */
const summaries = new WeakMap<object, Summary>();

export const podColumns: readonly Column[] = [
  NAME,
  column('Ready', o => `${summaryOf(o).ready}/${containerCount(o)}`),
  column('Status', o => summaryOf(o).reason),
  column('Restarts', (o, now) => restartText(summaryOf(o), now)),
  AGE,
  wide('IP', o => text(list(o, 'status', 'podIPs')[0], ['ip'], text(o, ['status', 'podIP'], NONE))),
  wide('Node', o => text(o, ['spec', 'nodeName'], NONE)),
  wide('Nominated Node', o => text(o, ['status', 'nominatedNodeName'], NONE)),
  wide('Readiness Gates', readinessGates),
];

function summaryOf(pod: Row): Summary {
  let summary = summaries.get(pod);
  if (!summary) {
    summary = summarize(pod);
    summaries.set(pod, summary);
  }
  return summary;
}

/** What kubectl shows of a Pod in one word, and its counts. @source kubernetes pkg/printers/internalversion printPod, from knowledge */
function summarize(pod: Row): Summary {
  const phase = text(pod, ['status', 'phase']);
  const statusReason = text(pod, ['status', 'reason']);
  const summary: Summary = { reason: statusReason || phase, ready: 0, restarts: 0, lastRestart: '' };
  if (condition(pod, 'PodScheduled')?.['reason'] === 'SchedulingGated') summary.reason = 'SchedulingGated';

  const sidecars = new Set(
    list(pod, 'spec', 'initContainers')
      .filter(isSidecar)
      .map(c => c['name']),
  );
  const sidecarRestarts: Summary = { ...summary };
  const initReason = initialization(pod, sidecars, summary, sidecarRestarts);
  if (initReason !== undefined) summary.reason = initReason;
  if (initReason === undefined || isTrue(pod, 'Initialized')) {
    summary.restarts = sidecarRestarts.restarts;
    summary.lastRestart = sidecarRestarts.lastRestart;
    running(pod, summary);
  }
  if (get(pod, 'metadata', 'deletionTimestamp') !== undefined) {
    if (statusReason === 'NodeLost') summary.reason = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') summary.reason = 'Terminating';
  }
  return summary;
}

/** The `Init:…` word while init containers are under way; counts their restarts and ready sidecars. */
function initialization(
  pod: Row,
  sidecars: ReadonlySet<unknown>,
  summary: Summary,
  sidecarRestarts: Summary,
): string | undefined {
  for (const [i, container] of list(pod, 'status', 'initContainerStatuses').entries()) {
    addRestarts(summary, container);
    const isSidecarStatus = sidecars.has(container['name']);
    if (isSidecarStatus) addRestarts(sidecarRestarts, container);
    const terminated = get(container, 'state', 'terminated');
    if (terminated && count(terminated, 'exitCode') === 0) continue;
    if (isSidecarStatus && container['started'] === true) {
      if (container['ready'] === true) summary.ready++;
      continue;
    }
    if (terminated) return `Init:${text(terminated, ['reason']) || exitText(terminated)}`;
    const waiting = text(container, ['state', 'waiting', 'reason']);
    if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`;
    return `Init:${i}/${list(pod, 'spec', 'initContainers').length}`;
  }
  return undefined;
}

function running(pod: Row, summary: Summary): void {
  let hasRunning = false;
  for (const container of list(pod, 'status', 'containerStatuses').toReversed()) {
    addRestarts(summary, container);
    const waiting = text(container, ['state', 'waiting', 'reason']);
    const terminated = get(container, 'state', 'terminated');
    if (waiting) summary.reason = waiting;
    else if (terminated) summary.reason = text(terminated, ['reason']) || exitText(terminated);
    else if (container['ready'] === true && get(container, 'state', 'running')) {
      hasRunning = true;
      summary.ready++;
    }
  }
  if (summary.reason === 'Completed' && hasRunning) summary.reason = isTrue(pod, 'Ready') ? 'Running' : 'NotReady';
}

function isSidecar(container: Container): boolean {
  return container['restartPolicy'] === 'Always';
}
function exitText(terminated: unknown): string {
  const signal = count(terminated, 'signal');
  return signal === 0 ? `ExitCode:${count(terminated, 'exitCode')}` : `Signal:${signal}`;
}
function addRestarts(summary: Summary, container: Container): void {
  summary.restarts += count(container, 'restartCount');
  const finishedAt = text(container, ['lastState', 'terminated', 'finishedAt']);
  if (finishedAt > summary.lastRestart) summary.lastRestart = finishedAt;
}
function restartText({ restarts, lastRestart }: Summary, now: Date): string {
  return restarts === 0 || !lastRestart ? String(restarts) : `${restarts} (${since(lastRestart, now)} ago)`;
}
function containerCount(pod: Row): number {
  return list(pod, 'spec', 'containers').length + list(pod, 'spec', 'initContainers').filter(isSidecar).length;
}
function readinessGates(pod: Row): string {
  const gates = list(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return NONE;
  return `${gates.filter(gate => isTrue(pod, String(gate['conditionType']))).length}/${gates.length}`;
}
