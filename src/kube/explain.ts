import type { Client } from './client.ts';
import { type Condition, type Frozen, gvkOf, keyOf, type Obj, refOf } from './types.ts';
import type { Why, WhyStep } from './why.ts';

const TAIL_LINES = 10;
type Event = Obj & { type?: string; reason?: string; message?: string; lastTimestamp?: string };
type State = {
  waiting?: { reason?: string; message?: string };
  terminated?: { reason?: string; message?: string; exitCode: number; finishedAt?: string };
};
type ContainerStatus = { name: string; state?: State; lastState?: State; restartCount?: number };
type PodStatus = {
  phase?: string;
  reason?: string;
  message?: string;
  conditions?: Condition[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
};
const CHILDREN: Record<string, `${string}/${string}`> = {
  'apps/v1/Deployment': 'apps/v1/ReplicaSet',
  'apps/v1/ReplicaSet': 'v1/Pod',
  'apps/v1/StatefulSet': 'v1/Pod',
  'batch/v1/Job': 'v1/Pod',
};

/**
 * Why an object is not as asked: from its conditions, its containers' states, its children, its events and the last lines
 * of the log that decides. An object without trouble gets a sentence that says so.
 */
export async function explain(object: Frozen<Obj>, client: Client): Promise<Why> {
  if (gvkOf(object) === 'v1/Pod') return await explainPod(object, client);
  const child = await troubledChild(object, client);
  if (child) {
    const inner = await explain(child, client);
    return { ...inner, chain: [step(object, summary(object)), ...inner.chain] };
  }
  const chain: WhyStep[] = conditionsOf(object)
    .filter(isTrouble)
    .map(c => ({
      kind: object.kind,
      name: keyOf(object),
      what: `${c.type}=${c.status}: ${c.reason ?? ''} ${c.message ?? ''}`.trim(),
      ...(c.lastTransitionTime ? { at: c.lastTransitionTime } : {}),
    }));
  chain.push(...(await warnings(object, client)));
  const cause = chain.at(-1)?.what;
  return {
    sentence: cause
      ? cut(`${object.kind} ${object.metadata.name}: ${cause}`)
      : `${object.kind} ${object.metadata.name} shows no trouble.`,
    chain,
  };
}

async function explainPod(pod: Frozen<Obj>, client: Client): Promise<Why> {
  const status = (pod.status ?? {}) as Frozen<PodStatus>;
  const name = pod.metadata.name;
  const chain: WhyStep[] = [step(pod, `phase ${status.phase ?? 'Unknown'}${status.reason ? ` (${status.reason})` : ''}`)];
  let sentence = status.message ? `Pod ${name}: ${status.message}` : '';
  let logTail: string[] | undefined;
  const scheduled = status.conditions?.find(c => c.type === 'PodScheduled' && c.status === 'False');
  if (scheduled) {
    chain.push(step(pod, `PodScheduled=False: ${scheduled.message ?? scheduled.reason ?? ''}`));
    sentence = `Pod ${name} waits for a node: ${scheduled.message ?? scheduled.reason}`;
  }
  for (const c of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const ended = [c.state?.terminated, c.lastState?.terminated].find(t => t !== undefined && t.exitCode !== 0);
    const waiting = c.state?.waiting;
    if (!ended && !waiting?.message) continue;
    const what = ended
      ? `container ${c.name} ended with exit code ${ended.exitCode} (${ended.reason ?? 'Error'})`
      : `container ${c.name} waits: ${waiting?.reason}: ${waiting?.message}`;
    chain.push({ kind: 'Container', name: c.name, what, ...(ended?.finishedAt ? { at: ended.finishedAt } : {}) });
    if (ended) logTail = await tail(pod, c, client);
    const line = ended ? (ended.message?.trim().split('\n').at(-1) ?? lastTelling(logTail)) : undefined;
    sentence ||= line ? `Pod ${name}: ${what}: ${line}` : `Pod ${name}: ${what}`;
  }
  chain.push(...(await warnings(pod, client)));
  if (!sentence) {
    const last = chain.length > 1 ? chain.at(-1)!.what : undefined;
    sentence = last ? `Pod ${name}: ${last}` : `Pod ${name} shows no trouble.`;
  }
  return { sentence: cut(sentence), chain, ...(logTail?.length ? { logTail } : {}) };
}

async function troubledChild(object: Frozen<Obj>, client: Client): Promise<Frozen<Obj> | undefined> {
  const gvk = CHILDREN[gvkOf(object)];
  if (!gvk) return undefined;
  for await (const page of client.list(gvk, object.metadata.namespace ? { namespace: object.metadata.namespace } : {})) {
    const own = page.items.filter(i => i.metadata.ownerReferences?.some(o => o.uid === object.metadata.uid));
    const troubled = own.find(i => (gvk === 'v1/Pod' ? !podIsWell(i) : conditionsOf(i).some(isTrouble) || !replicasReady(i)));
    if (troubled) return troubled;
  }
  return undefined;
}

async function warnings(object: Frozen<Obj>, client: Client): Promise<WhyStep[]> {
  const steps: WhyStep[] = [];
  const { namespace = 'default', uid } = object.metadata;
  try {
    for await (const page of client.list<Event>('v1/Event', { namespace, fields: `involvedObject.uid=${uid}` }))
      for (const e of page.items)
        if (e.type === 'Warning')
          steps.push({
            kind: 'Event',
            name: e.reason ?? '',
            what: `${e.reason}: ${e.message}`,
            ...(e.lastTimestamp ? { at: e.lastTimestamp } : {}),
          });
  } catch {
    // Who may not read events still gets the rest of the answer.
  }
  return steps.sort((a, b) => (a.at ?? '').localeCompare(b.at ?? '')).slice(-5);
}

async function tail(pod: Frozen<Obj>, c: Frozen<ContainerStatus>, client: Client): Promise<string[]> {
  try {
    const previous = !c.state?.terminated && (c.restartCount ?? 0) > 0;
    const chunks: Uint8Array[] = [];
    const options = { container: c.name, tailLines: TAIL_LINES, ...(previous ? { previous } : {}) };
    for await (const chunk of await client.log(refOf(pod), options, new AbortController().signal)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean).slice(-TAIL_LINES);
  } catch (e) {
    return [`(no log: ${(e as Error).message})`];
  }
}

function conditionsOf(o: Frozen<Obj>): readonly Frozen<Condition>[] {
  return (o.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
}
const BAD_WHEN_TRUE = /^(Failed|FailureTarget|ReplicaFailure|Terminating|.*Pressure)$/;
function isTrouble(c: Frozen<Condition>): boolean {
  return BAD_WHEN_TRUE.test(c.type) ? c.status === 'True' : c.status === 'False';
}
function podIsWell(pod: Frozen<Obj>): boolean {
  const status = (pod.status ?? {}) as Frozen<PodStatus>;
  if (status.phase === 'Succeeded') return true;
  return status.phase === 'Running' && status.conditions?.find(c => c.type === 'Ready')?.status === 'True';
}
function replicasReady(o: Frozen<Obj>): boolean {
  const wanted = (o.spec as { replicas?: number } | undefined)?.replicas ?? 1;
  return ((o.status as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0) >= wanted;
}
function summary(o: Frozen<Obj>): string {
  const c = conditionsOf(o).find(isTrouble);
  return c ? `${c.type}=${c.status}${c.reason ? ` (${c.reason})` : ''}` : 'not ready';
}
function step(o: Frozen<Obj>, what: string): WhyStep {
  return { kind: o.kind, name: keyOf(o), what };
}
function lastTelling(lines: readonly string[] | undefined): string | undefined {
  return lines?.findLast(l => /\S/.test(l) && !l.startsWith('(no log'));
}
function cut(text: string): string {
  return text.length > 140 ? `${text.slice(0, 139)}…` : text;
}
