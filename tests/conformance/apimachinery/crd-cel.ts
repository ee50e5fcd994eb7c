import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Client, type Obj, type Schema, StatusError } from '../../../src/kube/index.ts';
import type { Checker } from '../case.ts';
import type { ApimachineryWorld } from './world.ts';

type Rule = {
  rule: string;
  message: string | null;
  messageExpression: string | null;
  reason: string | null;
  fieldPath: string | null;
};
/** `root`: the rule stands at the root and the values are names; `map`: an object with free keys; `transition`: from accepted to rejected. */
type Flags = { root?: true; map?: true; intOrString?: true; transition?: true; maxItems?: number };
type Sample = { ok: unknown; bad: unknown; also?: unknown; flags: Flags };

export function readSamples(): Map<string, Sample> {
  const text = readFileSync(new URL('./cel-samples.tsv', import.meta.url), 'utf8');
  const rows = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return new Map(
    rows.map(row => {
      const [hash, ok, bad, also, flags] = row.split('\t');
      const more = also ? { also: JSON.parse(also) as unknown } : {};
      return [hash!, { ok: JSON.parse(ok!), bad: JSON.parse(bad!), ...more, flags: JSON.parse(flags || '{}') as Flags }];
    }),
  );
}

/** The least schema that all samples fit: what upstream's own would say of them. */
function schemaOf(samples: readonly unknown[], flags: Flags): Schema {
  const values = samples.filter(v => v !== undefined);
  const first = values[0];
  if (flags.intOrString) return { 'x-kubernetes-int-or-string': true };
  if (Array.isArray(first)) {
    const items = schemaOf(values.flat(), flags.maxItems ? { maxItems: flags.maxItems } : {});
    return { type: 'array', items, maxItems: flags.maxItems ?? 16 };
  }
  if (typeof first === 'number') return { type: 'integer' };
  if (typeof first !== 'object' || first === null) return { type: 'string', maxLength: 300 };
  if (flags.map) return { type: 'object', additionalProperties: { type: 'string', maxLength: 300 }, maxProperties: 8 };
  const members = values as Record<string, unknown>[];
  const keys = [...new Set(members.flatMap(m => Object.keys(m)))];
  const properties = Object.fromEntries(
    keys.map(k => [
      k,
      schemaOf(
        members.map(m => m[k]),
        { maxItems: flags.maxItems ?? 16 },
      ),
    ]),
  );
  return { type: 'object', properties };
}

function definition(plural: string, schema: Schema): Obj {
  const kind = plural.toUpperCase();
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } };
  const spec = { group: 'cel.example.com', scope: 'Cluster', names: { plural, kind }, versions: [version] };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.cel.example.com` },
    spec,
  };
}

/** Serves the rule in a definition of its own, then writes both samples. */
async function checkRule(client: Client, rule: Rule, { ok, bad, also, flags }: Sample, index: number): Promise<void> {
  const plural = `r${index}`;
  const given = Object.fromEntries(Object.entries(rule).filter(([k, v]) => v !== null && RULE_KEYS.has(k)));
  const own = { 'x-kubernetes-validations': [given as Rule & { message: string }] } as Pick<Schema, 'x-kubernetes-validations'>;
  const value = flags.root ? { type: 'string' as const } : { ...schemaOf([ok, bad, also], flags), ...own };
  const root: Schema = { type: 'object', properties: { value }, ...(flags.root ? own : {}) };
  await client.write({ verb: 'create', object: definition(plural, root) });
  const object = (v: unknown): Obj => {
    const about = flags.root ? { metadata: { name: v as string } } : { metadata: { name: 'sample' }, value: v };
    return { apiVersion: 'cel.example.com/v1', kind: plural.toUpperCase(), ...about } as Obj;
  };
  const made = await client.write({ verb: 'create', object: object(ok) });
  if (!flags.root && !flags.transition) await client.write({ verb: 'delete', ref: { ...made, name: 'sample' } });
  const rejected = flags.transition
    ? client.write({ verb: 'update', object: { ...object(bad), metadata: made.metadata as Obj['metadata'] } })
    : client.write({ verb: 'create', object: object(bad) });
  await assert.rejects(
    rejected,
    e => e instanceof StatusError && e.code === 422 && e.message.includes(rule.message ?? rule.rule),
    `rejects ${JSON.stringify(bad)}`,
  );
}
const RULE_KEYS = new Set(['rule', 'message', 'messageExpression', 'reason', 'fieldPath']);

export const celRules: readonly Checker<ApimachineryWorld>[] = [
  {
    name: 'CEL rules of upstream projects',
    prefix: 'crd-cel/',
    expectation: /all must compile and evaluate/,
    async check(c, { client }) {
      const rules = JSON.parse(readFileSync(c.path, 'utf8')) as Rule[];
      const samples = readSamples();
      const failures: string[] = [];
      for (const [i, rule] of rules.entries()) {
        const sample = samples.get(createHash('sha256').update(rule.rule).digest('hex').slice(0, 12));
        try {
          assert.ok(sample, 'there is a sample');
          await checkRule(client, rule, sample, i);
        } catch (e) {
          failures.push(`${i} ${rule.rule}: ${(e as Error).message}`);
        }
      }
      console.log(`        ${rules.length - failures.length} of ${rules.length} rules compile, accept and reject`);
      assert.equal(failures.length, 0, failures.map(f => f.slice(-400)).join('\n'));
    },
  },
];
