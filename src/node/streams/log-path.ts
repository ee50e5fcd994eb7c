import { join } from 'node:path';

/** The folder of all logs of a Pod: kept when the Pod has ended. */
export function podLogFolder(home: string, pod: { namespace: string; name: string; uid: string }): string {
  return join(home, 'logs', 'pods', `${pod.namespace}_${pod.name}_${pod.uid}`);
}
/** The log of one attempt of a container, in CRI format; rotated parts stand beside it. */
export function containerLogPath(
  home: string,
  pod: { namespace: string; name: string; uid: string },
  container: string,
  attempt: number,
): string {
  return join(podLogFolder(home, pod), container, `${attempt}.log`);
}
