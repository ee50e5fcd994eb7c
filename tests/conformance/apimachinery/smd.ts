import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { compare } from '../../../src/apiserver/apply/compare.ts';
import { EMPTY, isSameSet, pathsOf, union } from '../../../src/apiserver/apply/field-set.ts';
import { type FieldType, fieldTypeOf } from '../../../src/apiserver/apply/field-type.ts';
import { fieldsOf } from '../../../src/apiserver/apply/fields-of.ts';
import { type Cases, checkScenario, type SmdSchema, smdSchema } from '../../../src/apiserver/apply/testing/scenarios.ts';
import { unknownFields } from '../../../src/apiserver/schema/index.ts';
import { resolveDefinitions } from '../../../src/kube/patch/testing/cases.ts';
import type { Case, Checker } from '../case.ts';
import type { ApimachineryWorld } from './world.ts';

const read = (path: string) => readFileSync(path, 'utf8');
const beside = (c: Case, name: string) => join(dirname(c.path), name);
/** One of the documents has commas before closing braces. */
const readOpenApi = (path: string) => JSON.parse(read(path).replace(/,(\s*[}\]])/g, '$1'));

type Facts = Pick<FieldType, 'kind' | 'isAtomicMap' | 'isAtomicList'> & { keys: string[] | undefined };
const factsOf = ({ kind, isAtomicMap, isAtomicList, keys }: FieldType): Facts => ({
  kind,
  isAtomicMap,
  isAtomicList,
  keys: keys?.toSorted(),
});

/** Where two types see ownership otherwise, through the fields of the given names; each type is looked at once. */
function differences(
  ours: FieldType,
  theirs: FieldType,
  names: readonly string[],
  path = '',
  seen = new Set<FieldType>(),
): string[] {
  if (seen.has(theirs)) return [];
  seen.add(theirs);
  const facts = [ours, theirs].map(t => JSON.stringify(factsOf(t)));
  const found = facts[0] === facts[1] ? [] : [`${path}: ${facts.join(' instead of ')}`];
  // What has one owner is looked at no further.
  if (theirs.isAtomicMap || (theirs.kind === 'list' && theirs.isAtomicList)) return found;
  if (theirs.kind === 'list') return [...found, ...differences(ours.items, theirs.items, names, `${path}[]`, seen)];
  if (theirs.kind !== 'map') return found;
  const fields = [...names.filter(n => ours.hasField(n) || theirs.hasField(n)), 'any other'];
  return [...found, ...fields.flatMap(n => differences(ours.field(n), theirs.field(n), names, `${path}.${n}`, seen))];
}

/** Each definition, as we read it and as upstream converts it, must be owned alike. */
function checkPair(c: Case): void {
  const path = c.path.replace(/\.\w+$/, '');
  const text = read(`${path}.json`);
  const { definitions } = readOpenApi(`${path}.json`);
  // Upstream's test of this document names its one fact in Go: a member may be atomic where its type is not.
  const smd = existsSync(`${path}.yaml`) ? (parse(read(`${path}.yaml`)) as SmdSchema) : undefined;
  const names = [...new Set([...text.matchAll(/"([^"]+)"\s*:/g)].map(m => m[1]!))];
  for (const name of Object.keys(definitions)) {
    const ours = fieldTypeOf(resolveDefinitions(definitions, name));
    if (smd) assert.deepEqual(differences(ours, fieldTypeOf(smdSchema(smd, name)), names), [], name);
    else
      for (const [field, { 'x-kubernetes-map-type': type }] of Object.entries<Record<string, unknown>>(
        definitions[name].properties,
      ))
        assert.equal(ours.field(field).isAtomicMap, type === 'atomic', `${name}.${field}`);
  }
}

/** Files of upstream's own tests, each judged by what it is there for. */
const OBJECTS: Record<string, (c: Case) => void> = {
  'pod.yaml': c => checkSet(c, 'podset.json', 'io.k8s.api.core.v1.Pod'),
  'podset.json': c => checkSet(c, 'podset.json', 'io.k8s.api.core.v1.Pod'),
  'node.yaml': c => checkSet(c, 'nodeset.json', 'io.k8s.api.core.v1.Node'),
  'nodeset.json': c => checkSet(c, 'nodeset.json', 'io.k8s.api.core.v1.Node'),
  // Their objects are not in the folder: what is written on the wire must be the set that was read.
  'endpointsset.json': checkWire,
  'prometheus-crdset.json': checkWire,
  'k8s-deployment.yaml'(c) {
    const object = parse(read(c.path));
    const type = smdSchema(parse(read(beside(c, 'k8s-schema.yaml'))) as SmdSchema, 'io.k8s.api.extensions.v1beta1.Deployment');
    assert.deepEqual(unknownFields(type, object), []);
    const owned = pathsOf(fieldsOf(object, fieldTypeOf(type)));
    assert.ok(owned.includes('.spec.template.spec.containers[name="kubedns"].image'), owned.join('\n'));
  },
  // The schema of schemas: upstream's sample with a member it does not know is refused, all others are accepted.
  'bad-schema.yaml': c => assert.notDeepEqual(unknownInSchema(c), []),
  'bad-scalar.yaml': checkScalars,
  'scalar.yaml': checkScalars,
  'scalar-compare-output.txt': checkScalars,
  // Unions were dropped from the language after this sample was made.
  'k8s-schema.yaml': c =>
    assert.deepEqual(
      unknownInSchema(c).filter(f => !f.endsWith('.map.unions"')),
      [],
    ),
  'apiresourceimport.yaml': c => assert.deepEqual(unknownInSchema(c), []),
  'schema.yaml': c => assert.deepEqual(unknownInSchema(c), []),
  'struct.yaml': c => assert.deepEqual(unknownInSchema(c), []),
  'list.yaml': c => assert.deepEqual(unknownInSchema(c), []),
};

function checkSet(c: Case, set: string, type: string): void {
  const object = parse(read(beside(c, set.replace('set.json', '.yaml'))));
  const schema = parse(read(beside(c, 'k8s-schema.yaml'))) as SmdSchema;
  assert.ok(isSameSet(fieldsOf(object, fieldTypeOf(smdSchema(schema, type)), true), JSON.parse(read(beside(c, set)))));
}
function checkWire(c: Case): void {
  const set = JSON.parse(read(c.path));
  assert.ok(pathsOf(set).length > 0);
  assert.equal(JSON.stringify(union(EMPTY, set)), read(c.path).trim());
}
const metaSchema = (c: Case) => smdSchema(parse(read(beside(c, 'schema.yaml'))) as SmdSchema, 'schema');
const unknownInSchema = (c: Case) => unknownFields(metaSchema(c), parse(read(c.path)));
function checkScalars(c: Case): void {
  const [before, after] = ['scalar.yaml', 'bad-scalar.yaml'].map(name => parse(read(beside(c, name))));
  const { added, modified, removed } = compare(before, after, fieldTypeOf(metaSchema(c)));
  assert.deepEqual([added, removed], [EMPTY, EMPTY]);
  assert.equal(`- Modified Fields:\n${pathsOf(modified).join('\n')}`, read(beside(c, 'scalar-compare-output.txt')).trim());
}

export const smd: readonly Checker<ApimachineryWorld>[] = [
  {
    name: 'scenarios of server-side apply',
    prefix: 'smd/merge-cases.json',
    expectation: /^SSA scenarios/,
    async check(c) {
      const { schemas, cases } = JSON.parse(read(c.path)) as Cases;
      const failures = cases.flatMap(scenario => {
        try {
          checkScenario(scenario, schemas);
          return [];
        } catch (e) {
          return [`${scenario.name}: ${(e as Error).message}`];
        }
      });
      console.log(`        ${cases.length - failures.length} of ${cases.length} scenarios end as upstream's`);
      assert.deepEqual(failures, []);
    },
  },
  { name: 'types from OpenAPI', prefix: 'smd/', expectation: /conversion pair/, check: async c => checkPair(c) },
  {
    name: 'objects and their fields',
    prefix: 'smd/',
    expectation: /expected field set/,
    async check(c) {
      const judge = OBJECTS[basename(c.path)];
      assert.ok(judge, 'the file is known');
      judge(c);
    },
  },
  {
    name: 'schema of the managedFields tests',
    prefix: 'smd/swagger.json.gz',
    expectation: /managedFields tests/,
    async check(c) {
      // Of an old release: what upstream owned of a Pod by it is what its field set says.
      const { definitions } = JSON.parse(gunzipSync(readFileSync(c.path)).toString());
      const type = fieldTypeOf(resolveDefinitions(definitions, 'io.k8s.api.core.v1.Pod'));
      const found = fieldsOf(parse(read(beside(c, 'pod.yaml'))), type, true);
      assert.ok(isSameSet(found, JSON.parse(read(beside(c, 'podset.json')))), JSON.stringify(found));
    },
  },
];
