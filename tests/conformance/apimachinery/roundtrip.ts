import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { decodeProtobuf } from '../../../src/apiserver/protobuf/index.ts';
import { messageNamed } from '../../../src/apiserver/protobuf/messages.ts';
import { builtinSchema } from '../../../src/apiserver/schema/index.ts';
import { canonicalQuantity } from '../../../src/apiserver/validation/index.ts';
import { decode } from '../../../src/apiserver/write/decode.ts';
import { gvkOf, isReason, type Obj, parseGvk, type Status } from '../../../src/kube/index.ts';
import { type Case, type Checker, Skip } from '../case.ts';
import type { Answer, ApimachineryWorld } from './world.ts';

/** Kinds that an API server only sends, to webhooks or as an answer: upstream's has no path that takes them either. */
const SENT_ONLY = /\.(AdmissionReview|ConversionReview|APIGroupDiscovery|WatchEvent)\.\w+$/;
/** What upstream too stores elsewhere: the old name of the service account follows the new one, text becomes data. */
const FOLDED = /\.serviceAccount$|^Secret\.stringData\./;

/** The object of both files of a pair. */
function objectOf(c: Case): Obj {
  const [, kind] = SENT_ONLY.exec(c.file) ?? [];
  if (kind) throw new Skip('refused-upstream', `no path takes a ${kind}`);
  return JSON.parse(readFileSync(c.path.replace(/\.pb$/, '.json'), 'utf8')) as Obj;
}

/** The members of `before` that `after` does not hold; what it holds beyond are defaults. Quantities may be written otherwise. */
function lost(before: unknown, after: unknown, path: string): string[] {
  if (before === null || typeof before !== 'object') {
    const isSame = before === after || (canonicalQuantity(before) ?? before) === canonicalQuantity(after);
    return isSame || FOLDED.test(path) ? [] : [`${path}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`];
  }
  const members = (after ?? {}) as Record<string, unknown>;
  return Object.entries(before).flatMap(([key, value]) => lost(value, members[key], `${path}.${key}`));
}

/** The answer to a strict create that is not kept; undefined for kinds without one. Placeholders may well be invalid. */
async function post(world: ApimachineryWorld, o: Obj, type: string, body: Uint8Array): Promise<Answer | undefined> {
  const found = await world.mapper.resourceFor(gvkOf(o)).catch(e => {
    if (isReason(e, 'NotFound')) return undefined;
    throw e;
  });
  if (!found) return undefined;
  const { group, version, plural, namespaced } = found;
  const place = `${group ? `/apis/${group}` : '/api'}/${version}${namespaced ? `/namespaces/${o.metadata.namespace}` : ''}`;
  const answer = await world.request('POST', `${place}/${plural}?fieldValidation=Strict&dryRun=All`, {
    headers: { 'content-type': type },
    body,
  });
  if (answer.code === 405) return undefined;
  assert.ok(answer.code < 500 && answer.code !== 415, JSON.stringify(answer.value));
  assert.doesNotMatch((answer.value as Status).message ?? '', /decod|cannot be handled as|unrecognized/);
  return answer;
}

/** Rows of a table about Go's types, of which each must hold for the messages that we read. */
function checkRows(c: Case, holds: (type: string, cells: readonly string[]) => boolean | undefined): void {
  const rows = readFileSync(c.path, 'utf8').trim().split('\n').slice(1);
  const verdicts = rows.map(row => {
    const [folder, type, ...cells] = row.split('\t');
    return { row, verdict: holds(`${folder!.replaceAll('/', '.')}.${type}`, cells) };
  });
  const known = verdicts.filter(v => v.verdict !== undefined);
  console.log(
    `        ${known.filter(v => v.verdict).length} of ${known.length} rows of known types hold, ${rows.length} in all`,
  );
  assert.deepEqual(
    known.filter(v => !v.verdict).map(v => v.row),
    [],
  );
  assert.ok(known.length > 0);
}
const fieldsOf = (type: string) => [...(messageNamed(type)?.values() ?? [])];

async function checkJson(c: Case, world: ApimachineryWorld): Promise<void> {
  const object = objectOf(c);
  const gvk = gvkOf(object);
  assert.ok(builtinSchema(gvk), `${gvk} has a schema`);
  const { group, version, kind } = parseGvk(gvk);
  const decoded = decode({ group, version, kind }, structuredClone(object), 'Strict', []);
  assert.deepEqual(lost(object, decoded, kind), []);
  await post(world, object, 'application/json', readFileSync(c.path));
}

async function checkProtobuf(c: Case, world: ApimachineryWorld): Promise<void> {
  const object = objectOf(c);
  const bytes = readFileSync(c.path);
  if (object.kind === 'WatchEvent')
    throw new Skip('golden-wrong', 'the envelope names no kind: watch events have none on the wire');
  assert.deepEqual(decodeProtobuf(bytes), object);
  const answer = await post(world, object, 'application/vnd.kubernetes.protobuf', bytes);
  const asJson = await post(world, object, 'application/json', Buffer.from(JSON.stringify(object)));
  assert.equal(answer?.code, asJson?.code);
  if (answer && answer.code >= 400) assert.deepEqual(answer.value, asJson!.value);
}

export const roundtrip: readonly Checker<ApimachineryWorld>[] = [
  {
    name: 'objects with all fields',
    prefix: 'roundtrip/',
    expectation: /^all-fields object|^CRD\/ConversionReview/,
    check: (c, world) => (c.file.endsWith('.pb') ? checkProtobuf(c, world) : checkJson(c, world)),
  },
  {
    name: 'pointers in Go',
    prefix: 'roundtrip/pointer-fields.tsv',
    expectation: /Go pointers/,
    async check(c) {
      checkRows(c, (type, [json]) => fieldsOf(type).find(f => f.json === json)?.pointer);
    },
  },
  {
    name: 'names in JSON',
    prefix: 'roundtrip/protobuf-json-names.tsv',
    expectation: /JSON name differs/,
    async check(c) {
      checkRows(c, (type, [, json]) => {
        if (!messageNamed(type)) return undefined;
        return fieldsOf(type).some(f => f.json === (json === '(inline)' ? '^' : json));
      });
    },
  },
];
