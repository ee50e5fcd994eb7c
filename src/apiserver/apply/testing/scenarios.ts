import assert from 'node:assert/strict';
import { parse, stringify } from 'yaml';
import { deepFreeze, type Schema } from '../../../kube/index.ts';
import { EMPTY, type FieldSet, isSameSet, pathsOf, union } from '../field-set.ts';
import { DEDUCED, elementOf, type FieldType, fieldTypeOf } from '../field-type.ts';
import { isObject } from '../json.ts';
import { mergeConfiguration } from '../merge.ts';
import { ApplyConflicts, applyConfiguration, type Convert, type Managers, type Typed, updateOwnership } from '../updater.ts';

type Atom = {
  namedType?: string;
  scalar?: string;
  map?: { fields?: { name: string; type: Atom; default?: unknown }[]; elementType?: Atom; elementRelationship?: string };
  list?: { elementType: Atom; elementRelationship: string; keys?: string[] };
};
export type SmdSchema = { types: ({ name: string } & Atom)[] };

/** Upstream's own schema language as ours. */
export function smdSchema({ types }: SmdSchema, root: string): Schema {
  const nodes = new Map<string, Schema>();
  const named = (name: string): Schema => {
    const found = nodes.get(name);
    if (found) return found;
    const node: Schema = {};
    nodes.set(name, node);
    if (name === '__untyped_deduced_') node['x-kubernetes-preserve-unknown-fields'] = true;
    const type = types.find(t => t.name === name);
    return type && !name.startsWith('__') ? Object.assign(node, convert(type)) : node;
  };
  const convert = (atom: Atom): Schema => {
    if (atom.namedType) return named(atom.namedType);
    // Anything: a scalar, a list with one owner, or a map.
    if (atom.scalar && atom.map)
      return atom.map.elementRelationship === 'separable' ? { 'x-kubernetes-preserve-unknown-fields': true } : {};
    if (atom.map) {
      const fields = atom.map.fields?.map(f => [
        f.name,
        f.default === undefined ? convert(f.type) : { ...convert(f.type), default: f.default },
      ]);
      return {
        type: 'object',
        ...(fields ? { properties: Object.fromEntries(fields) } : {}),
        ...(atom.map.elementType ? { additionalProperties: convert(atom.map.elementType) } : {}),
        ...(atom.map.elementRelationship === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      };
    }
    if (atom.list) {
      const { elementRelationship, elementType, keys } = atom.list;
      return {
        type: 'array',
        items: convert(elementType),
        'x-kubernetes-list-type': elementRelationship === 'atomic' ? 'atomic' : keys ? 'map' : 'set',
        ...(keys ? { 'x-kubernetes-list-map-keys': keys } : {}),
      };
    }
    return atom.scalar === 'untyped'
      ? {}
      : { type: atom.scalar === 'numeric' ? 'number' : (atom.scalar as 'string' | 'boolean') };
  };
  return named(root);
}

const myElement = (keys: string[], idDefault?: number): SmdSchema => ({
  types: [
    { name: 'v1', map: { fields: [{ name: 'list', type: { namedType: 'associativeList' } }] } },
    { name: 'associativeList', list: { elementType: { namedType: 'myElement' }, elementRelationship: 'associative', keys } },
    {
      name: 'myElement',
      map: {
        fields: [
          { name: 'name', type: { scalar: 'string' } },
          { name: 'id', type: { scalar: 'numeric' }, ...(idDefault === undefined ? {} : { default: idDefault }) },
          { name: 'value', type: { scalar: 'numeric' } },
        ],
      },
    },
  ],
});
/** Schemas that the data set names without giving them. */
const LATER: Record<string, SmdSchema> = {
  associativeListParserNewKeyWithDefault: myElement(['name', 'id'], 1),
  associativeListParserPromoteKeyAfter: myElement(['name', 'id']),
  structWithAtomicParser: {
    types: [
      { name: 'v1', map: { fields: [{ name: 'struct', type: { namedType: 'struct' } }] } },
      {
        name: 'struct',
        map: {
          fields: [
            { name: 'numeric', type: { scalar: 'numeric' } },
            { name: 'string', type: { scalar: 'string' } },
          ],
          elementRelationship: 'atomic',
        },
      },
    ],
  },
};

type Op = {
  op: 'Apply' | 'ForceApply' | 'Update' | 'ExtractApply' | 'ChangeParser';
  manager: string;
  object: string;
  apiVersion: string;
  parser?: string;
  expectConflicts?: { manager: string; path: string }[];
};
export type Scenario = {
  file: string;
  test: string;
  name: string;
  parser: string;
  ops: Op[];
  expectObject?: string;
  expectManaged?: Record<string, { paths: string[]; apiVersion: string }>;
};
export type Cases = { schemas: Record<string, { schema: string; rootType: string | null }>; cases: Scenario[] };

const yamlOf = (text: string): unknown => parse(dedent(text)) ?? {};
function dedent(text: string): string {
  const lines = text.split('\n').filter(line => line.trim() !== '');
  const tabs = Math.min(...lines.map(line => line.match(/^\t*/)![0].length));
  return lines.map(line => line.slice(tabs)).join('\n');
}

/** `"list", _KBF("name", "a"), 0` in upstream's notation as path elements. */
function pathElements(text: string): string[] {
  const elements: string[] = [];
  const pattern = /(?:KeyByFields|_KBF)\(([^()]*(?:\([^()]*\)[^()]*)*)\)|_V\(([^()]*)\)|"([^"]*)"|(-?\d+)/g;
  for (const [, keys, value, field, index] of text.matchAll(pattern)) {
    if (keys !== undefined) {
      const parts = [...keys.matchAll(/"[^"]*"|float64\(([\d.]+)\)|[\d.]+|true|false/g)].map(([whole, float]) =>
        JSON.parse(float ?? whole),
      );
      const pairs = parts.flatMap((part, i) => (i % 2 === 0 ? [[part as string, parts[i + 1]] as const] : []));
      elements.push(`k:${JSON.stringify(Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1))))}`);
    } else if (value !== undefined) elements.push(`v:${JSON.stringify(JSON.parse(value))}`);
    else elements.push(field === undefined ? `i:${index}` : `f:${field}`);
  }
  return elements;
}
function setOf(paths: readonly string[]): FieldSet {
  return paths.reduce<FieldSet>((set, path) => {
    const single = pathElements(path).reduceRight<FieldSet>((below, element) => ({ [element]: below }), EMPTY);
    return union(set, single);
  }, EMPTY);
}

/** Upstream's test converter: field names of version n are letters written n times. */
const repeating =
  (type: FieldType): Convert =>
  ({ value }, apiVersion) => {
    const times = Number(apiVersion.slice(1));
    const rename = (node: unknown, depth: number): unknown =>
      isObject(node)
        ? Object.fromEntries(Object.entries(node).map(([k, v]) => [depth === 0 ? k : k[0]!.repeat(times), rename(v, depth + 1)]))
        : node;
    return { value: rename(value, 0), type };
  };

/** What a client extracts of its own before it applies again; owning a structure extracts an empty one. */
function extract(value: unknown, set: FieldSet, type: FieldType): unknown {
  if (isObject(value) && !type.isAtomicMap && Object.keys(value).length > 0) {
    const kept = Object.entries(value).flatMap(([k, v]) => {
      const node = set[`f:${k}`];
      return node ? [[k, extract(v, node, type.field(k))]] : [];
    });
    return kept.length > 0 ? Object.fromEntries(kept) : null;
  }
  if (!Array.isArray(value) || type.isAtomicList || value.length === 0) return value;
  const kept = value.flatMap(item => {
    const at = elementOf(item, type);
    const node = 'element' in at ? set[at.element] : undefined;
    return node ? [extract(item, node, type.items)] : [];
  });
  return kept.length > 0 ? kept : null;
}

function run(scenario: Scenario, schemas: Cases['schemas']) {
  const typeIn = (parser: string, apiVersion: string): FieldType => {
    if (parser === 'DeducedParser') return DEDUCED;
    const given = schemas[parser];
    const schema = given ? (parse(given.schema) as SmdSchema) : LATER[parser]!;
    return fieldTypeOf(smdSchema(schema, given?.rootType ?? apiVersion));
  };
  let { parser } = scenario;
  let live: unknown = {};
  let managers: Managers = new Map();
  for (const op of scenario.ops) {
    if (op.op === 'ChangeParser') {
      parser = op.parser!;
      continue;
    }
    const type = typeIn(parser, op.apiVersion);
    const convert: Convert = scenario.test.endsWith('RealConversion')
      ? repeating(type)
      : ({ value }, v) => ({ value, type: typeIn(parser, v) });
    const here: Typed = convert({ value: live, type }, op.apiVersion)!;
    deepFreeze(here.value);
    const change = { live: here, apiVersion: op.apiVersion, managers, manager: op.manager, convert, ignored: EMPTY };
    let object = deepFreeze(yamlOf(op.object));
    if (op.op === 'Update') {
      managers = updateOwnership(change, { value: object, type });
      live = object;
      continue;
    }
    if (op.op === 'ExtractApply') {
      const own = managers.get(op.manager)?.set ?? EMPTY;
      object = deepFreeze(mergeConfiguration(extract(here.value, own, type), object, type)) as typeof object;
    }
    try {
      const result = applyConfiguration(change, { value: object, type }, op.op !== 'Apply');
      assert.ok(!op.expectConflicts?.length, 'expected conflicts');
      live = result.value;
      managers = result.managers;
    } catch (e) {
      if (!(e instanceof ApplyConflicts) || !op.expectConflicts) throw e;
      const found = e.conflicts.flatMap(c => pathsOf(c.set).map(path => `${c.manager} ${path}`));
      assert.deepEqual(found.sort(), op.expectConflicts.map(c => `${c.manager} ${pathsOf(setOf([c.path]))[0]}`).sort());
    }
  }
  return { live, managers };
}

/** @throws AssertionError when a scenario ends otherwise than upstream's */
export function checkScenario(scenario: Scenario, schemas: Cases['schemas']): void {
  if (scenario.test.endsWith('Errors')) {
    assert.throws(() => run(scenario, schemas));
    return;
  }
  const { live, managers } = run(scenario, schemas);
  if (scenario.expectObject?.trim()) assert.deepEqual(live ?? {}, yamlOf(scenario.expectObject), stringify(live));
  if (!scenario.expectManaged) return;
  assert.deepEqual([...managers.keys()].sort(), Object.keys(scenario.expectManaged).sort());
  for (const [name, { paths, apiVersion }] of Object.entries(scenario.expectManaged)) {
    const owned = managers.get(name)!;
    assert.equal(owned.apiVersion, apiVersion);
    assert.ok(
      isSameSet(owned.set, setOf(paths)),
      `${name}: ${JSON.stringify(owned.set)} instead of ${JSON.stringify(setOf(paths))}`,
    );
  }
}
