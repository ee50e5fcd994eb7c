import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger, VirtualClock } from '../lib/index.ts';
import { EventRecorder } from './events.ts';
import { MemoryApi } from './testing/memory-client.ts';
import type { Obj } from './types.ts';

type Event = Obj & { count: number; reason: string; involvedObject: { uid: string } };

test('events of one moment are listed in the order they were told, and the same again is counted', async () => {
  const api = new MemoryApi();
  const pod = api.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' } });
  const recorder = new EventRecorder({ client: api.client(), clock: new VirtualClock(), log: silentLogger, component: 'node' });
  for (const reason of ['Pulled', 'Created', 'Started', 'Killing']) recorder.record(pod, { reason, message: reason });
  await recorder.flush();
  for (let again = 0; again < 2; again++) recorder.record(pod, { reason: 'Started', message: 'Started' });
  recorder.record(pod, { reason: 'BackOff', message: 'BackOff' });
  recorder.record(pod, { reason: 'BackOff', message: 'BackOff' });
  await recorder.flush();
  const events = (api.list('v1/Event') as unknown as Event[]).sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  assert.deepEqual(
    events.map(e => [e.reason, e.count]),
    [
      ['Pulled', 1],
      ['Created', 1],
      ['Started', 3],
      ['Killing', 1],
      ['BackOff', 2],
    ],
  );
  assert.equal(events[0]!.involvedObject.uid, pod.metadata.uid);
});
