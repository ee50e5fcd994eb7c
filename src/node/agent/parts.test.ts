import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podOf } from '../testing/observe.ts';
import { backoffMs, crashesInARow, defaultBackoff, goDuration } from './backoff.ts';
import { qosClass } from './qos.ts';
import { volumeVersions } from './volume-versions.ts';

test('waits double up to the maximum and say so as Go does', () => {
  assert.deepEqual(
    [1, 2, 5, 6, 60].map(n => backoffMs(n, defaultBackoff)),
    [10_000, 20_000, 160_000, 300_000, 300_000],
  );
  assert.deepEqual([20, 10_000, 80_000, 300_000, 3_600_000].map(goDuration), ['20ms', '10s', '1m20s', '5m0s', '1h0m0s']);
  assert.equal(crashesInARow(7, 600_000, defaultBackoff), 1);
  assert.equal(crashesInARow(7, 1_000, defaultBackoff), 8);
});

const RESOURCES: [object, string][] = [
  [{}, 'BestEffort'],
  [{ requests: { cpu: '1' } }, 'Burstable'],
  [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
  [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1Gi' } }, 'Guaranteed'],
  [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '0.5' } }, 'Burstable'],
];
for (const [resources, qos] of RESOURCES) {
  test(`${JSON.stringify(resources)} is ${qos}`, () =>
    assert.equal(qosClass(podOf({ containers: [{ name: 'a', resources }] })), qos));
}
test('what volumes show changes with the revisions of its objects', () => {
  const pod = podOf({ volumes: [{ name: 'v', configMap: { name: 'c' } }] });
  const at = (resourceVersion: string) => volumeVersions(pod, (_, r) => ({ ...r, metadata: { name: r.name, resourceVersion } }));
  assert.equal(at('1'), at('1'));
  assert.notEqual(at('1'), at('2'));
  assert.equal(
    volumeVersions(podOf(), () => undefined),
    '',
  );
});
