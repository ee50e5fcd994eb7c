import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Gvk } from '../../kube/index.ts';
import { builtinSchema, unknownFields, validate } from '../schema/index.ts';
import { decodeProtobuf, isProtobuf } from './index.ts';

type Value = string | number | boolean | Uint8Array | Parts | Value[];
interface Parts {
  [fieldNumber: number]: Value;
}

/** Writes a message as Go would: text and parts length-delimited, numbers and booleans as varints. */
function message(parts: Parts): Uint8Array {
  const writer = new BinaryWriter();
  for (const [key, value] of Object.entries(parts))
    for (const one of Array.isArray(value) ? value : [value]) write(writer, Number(key), one);
  return writer.finish();
}
function write(writer: BinaryWriter, number: number, value: Value): void {
  if (typeof value === 'string') writer.tag(number, 2).string(value);
  else if (typeof value === 'number') writer.tag(number, 0).int64(value);
  else if (typeof value === 'boolean') writer.tag(number, 0).bool(value);
  else writer.tag(number, 2).bytes(value instanceof Uint8Array ? value : message(value as Parts));
}
function body(apiVersion: string, kind: string, raw: Parts, contentType = ''): Uint8Array {
  return Buffer.concat([
    Buffer.from('k8s\0'),
    message({ 1: { 1: apiVersion, 2: kind }, 2: message(raw), 3: '', 4: contentType }),
  ]);
}

test('what Go writes for unset fields is left out, but a zero in a pointer field is a value', () => {
  const metadata = { 1: 'web', 2: '', 5: '', 8: {}, 11: [{ 1: 'app', 2: '' }] };
  const template = { 1: { 1: '' }, 2: { 2: { 1: 'c', 2: 'nginx', 3: ['sh', ''], 16: false }, 3: '', 6: '' } };
  const deployment = decodeProtobuf(
    body('apps/v1', 'Deployment', {
      1: metadata,
      2: { 1: 0, 2: { 1: { 1: 'app', 2: 'web' } }, 3: template, 4: {}, 5: 0 },
      3: {},
    }),
  );
  assert.deepEqual(deployment, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: '' } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: { spec: { containers: [{ name: 'c', image: 'nginx', command: ['sh', ''] }] } },
    },
  });
});

test('decodes times, quantities, ports by name or number, bytes and embedded structs', () => {
  const probe = { 1: { 2: { 2: { 1: 1, 2: 0, 3: 'http' } } }, 2: 0 };
  const container = {
    1: 'c',
    8: { 1: { 1: 'cpu', 2: { 1: '500m' } } },
    10: probe,
    11: { 1: { 3: { 1: { 1: 0, 2: 8080, 3: '' } } } },
  };
  const pod = decodeProtobuf(
    body('v1', 'Pod', { 1: { 1: 'p', 8: { 1: 1767225600, 2: 0 } }, 2: { 1: { 1: 'v', 2: { 2: {} } }, 2: container } }),
  );
  assert.equal(pod.metadata.creationTimestamp, '2026-01-01T00:00:00Z');
  assert.deepEqual(pod.spec, {
    volumes: [{ name: 'v', emptyDir: {} }],
    containers: [
      {
        name: 'c',
        resources: { limits: { cpu: '500m' } },
        livenessProbe: { httpGet: { port: 'http' } },
        readinessProbe: { tcpSocket: { port: 8080 } },
      },
    ],
  });
  const secret = decodeProtobuf(body('v1', 'Secret', { 2: [{ 1: 'a', 2: Buffer.from('hi') }, { 1: 'b' }] }));
  assert.deepEqual((secret as { data?: object }).data, { a: 'aGk=', b: '' });
});

test('decodes options, reviews and scales, in whichever version their client writes them', () => {
  assert.deepEqual(decodeProtobuf(body('apps/v1', 'DeleteOptions', { 1: 0, 4: 'Background' })), {
    apiVersion: 'apps/v1',
    kind: 'DeleteOptions',
    gracePeriodSeconds: 0,
    propagationPolicy: 'Background',
  });
  assert.deepEqual(decodeProtobuf(body('autoscaling/v1', 'Scale', { 1: { 1: 's' }, 2: { 1: 3 } })).spec, { replicas: 3 });
  const review = decodeProtobuf(
    body('authorization.k8s.io/v1', 'SubjectAccessReview', { 2: { 3: 'jane', 5: { 1: 'scopes', 2: { 1: ['a', 'b'] } } } }),
  );
  assert.deepEqual(review.spec, { user: 'jane', extra: { scopes: ['a', 'b'] } });
});

test('free-form members are JSON', () => {
  const revision = decodeProtobuf(body('apps/v1', 'ControllerRevision', { 2: { 1: Buffer.from('{"a":[1]}') }, 3: 2 }));
  assert.deepEqual((revision as { data?: object }).data, { a: [1] });
});

test('refuses what is no protobuf, what it does not know, and what is cut off', () => {
  assert.equal(isProtobuf(Buffer.from('{}')), false);
  assert.throws(() => decodeProtobuf(Buffer.from('{}')), { code: 400 });
  assert.throws(
    () => decodeProtobuf(body('example.com/v1', 'Foo', {})),
    /no kind "Foo" is registered for version "example.com\/v1"/,
  );
  const whole = body('v1', 'ConfigMap', { 1: { 1: 'a-long-name' } });
  assert.throws(() => decodeProtobuf(whole.subarray(0, whole.length - 8)), { code: 400 });
});

const data = new URL('../../../../shared/conformance/apimachinery/', import.meta.url);
test('decodes every upstream sample to its JSON', { skip: !existsSync(data) }, () => {
  const folder = new URL('roundtrip/', data);
  let decoded = 0;
  for (const file of readdirSync(folder).filter(f => f.endsWith('.pb'))) {
    const expected = JSON.parse(readFileSync(new URL(file.replace(/pb$/, 'json'), folder), 'utf8'));
    if (!builtinSchema(`${expected.apiVersion}/${expected.kind}` as Gvk)) continue;
    decoded++;
    assert.deepEqual(decodeProtobuf(readFileSync(new URL(file, folder))), expected, file);
  }
  assert.ok(decoded >= 66, `${decoded} samples`);
});

test('decodes the bodies that kubectl sends to valid objects', { skip: !existsSync(data) }, () => {
  type Trace = { command: string; requests: { headers: Record<string, string>; body?: string }[] };
  const traces = JSON.parse(readFileSync(new URL('traces/kubectl-1.32.json', data), 'utf8')) as Trace[];
  const bodies = traces.flatMap(t =>
    t.requests
      .filter(r => r.headers['content-type'] === 'application/vnd.kubernetes.protobuf')
      .map(r => ({ ...r, command: t.command })),
  );
  const kinds = new Set<string>();
  for (const { body: text, command } of bodies) {
    const bytes = Buffer.from(text!, 'base64');
    // The recording server refused v1, so kubectl tried the beta that Skiff does not serve.
    if (bytes.includes('authentication.k8s.io/v1beta1') || bytes.includes('authentication.k8s.io/v1alpha1')) continue;
    const object = decodeProtobuf(bytes);
    const gvk = `${object.apiVersion}/${object.kind}` as Gvk;
    const schema = builtinSchema(gvk)!;
    kinds.add(object.kind);
    assert.deepEqual(unknownFields(schema, object), [], command);
    assert.deepEqual(validate(schema, object), [], command);
  }
  assert.ok(kinds.has('Deployment') && kinds.has('TokenRequest') && kinds.has('SelfSubjectAccessReview'), [...kinds].join());
});
