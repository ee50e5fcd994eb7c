import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeObjects } from '../../../fixtures/kube.ts';
import { nextTime } from './cron.ts';
import { capacities, capacityText, requestOf } from './machine.ts';

const objects = makeObjects();
const kind = (k: string) => objects.filter(o => o.kind === k);
describe('machine', () => {
  const { rows, namespaces } = capacities(kind('Node'), kind('Pod'), kind('PersistentVolumeClaim'));
  it('adds up what Pods hold, by namespace', () => {
    assert.deepEqual(
      rows.map(r => r.name),
      ['CPU', 'Memory', 'GPU', 'Disk'],
    );
    assert.equal(namespaces[0], 'team-vision');
    assert.equal(capacityText(rows[2]!).used, '14');
  });
  it('counts nothing for a Pod that has ended', () => {
    const pod = kind('Pod').find(p => (p.status as { phase: string }).phase === 'Running')!;
    assert.ok(requestOf(pod, 'cpu') > 0);
    assert.equal(requestOf({ ...pod, status: { phase: 'Succeeded' } }, 'cpu'), 0);
  });
});
describe('nextTime', () => {
  const at = (text: string): number => new Date(text).getTime();
  it('reads six fields, seconds first', () =>
    assert.equal(nextTime('0 55 * * * *', at('2026-11-24T14:55:42')), at('2026-11-24T15:55:00')));
  it('reads five fields', () => assert.equal(nextTime('30 3 * * *', at('2026-11-24T14:55:42')), at('2026-11-25T03:30:00')));
  it('knows steps and weekdays', () =>
    assert.equal(nextTime('0 0 9 * * 1-5', at('2026-11-27T10:00:00')), at('2026-11-30T09:00:00')));
  it('gives nothing for what it cannot read', () => assert.equal(nextTime('@daily', 0), undefined));
});
