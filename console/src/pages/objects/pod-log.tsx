import type { Obj } from '../../../../src/kube/types.ts';
import { LogPanel } from '../../logs/log-panel.tsx';
import { useLog } from '../../logs/source.ts';
import { Problem } from '../../parts/problem.tsx';

/** The log of a Pod, followed while it runs. */
export function PodLog({ object, namespace }: { object: Obj; namespace: string }) {
  const phase = (object.status as { phase?: string } | undefined)?.phase;
  const log = useLog({ namespace, pod: object.metadata.name, live: phase === 'Running' || phase === 'Pending' });
  if (log.error) return <Problem error={log.error} what={`the log of ${object.metadata.name}`} />;
  return <LogPanel log={log} />;
}
