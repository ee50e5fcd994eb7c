import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import { selectableFields } from './index.ts';

const metadata = { name: 'x', namespace: 'default' };

test('every object is selected by name and namespace', () => {
  assert.deepEqual(selectableFields('v1/ConfigMap', { apiVersion: 'v1', kind: 'ConfigMap', metadata }), {
    'metadata.name': 'x',
    'metadata.namespace': 'default',
  });
  assert.deepEqual(
    selectableFields('v1/PersistentVolume', { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' } }),
    {
      'metadata.name': 'v',
    },
  );
});

test('a Pod is selected by node, phase and addresses, absent ones as empty text', () => {
  const pod: Obj = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { nodeName: 'n' },
    status: { podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] },
  };
  const fields = selectableFields('v1/Pod', pod);
  assert.equal(fields['spec.nodeName'], 'n');
  assert.equal(fields['status.phase'], '');
  assert.equal(fields['spec.hostNetwork'], 'false');
  assert.equal(fields['status.podIPs'], '10.0.0.1,fd00::1');
  assert.ok(!('spec.containers' in fields));
});

test('an event is selected by what it is about and where it comes from', () => {
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata,
    involvedObject: { kind: 'Pod', name: 'p', uid: 'u' },
    type: 'Warning',
    source: { component: 'node' },
  } as Obj;
  const fields = selectableFields('v1/Event', event);
  assert.equal(fields['involvedObject.uid'], 'u');
  assert.equal(fields['involvedObject.namespace'], '');
  assert.equal(fields['source'], 'node');
  assert.equal(fields['type'], 'Warning');
});

test('a Job is selected by how many of its Pods succeeded', () => {
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata, status: { succeeded: 3 } } as Obj;
  assert.equal(selectableFields('batch/v1/Job', job)['status.successful'], '3');
  assert.equal(selectableFields('batch/v1/Job', { ...job, status: {} })['status.successful'], '0');
});
