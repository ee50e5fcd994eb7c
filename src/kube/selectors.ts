import { errors } from './errors.ts';
import type { Frozen } from './types.ts';

export type LabelRequirement = {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  values: readonly string[];
};
export type LabelSelector = {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
};
type Labels = Readonly<Record<string, string>> | undefined;

/** A parsed label selector. An empty one matches everything. */
export class Selector {
  readonly requirements: readonly LabelRequirement[];
  constructor(requirements: readonly LabelRequirement[]) {
    this.requirements = requirements;
  }
  matches(labels: Labels): boolean {
    return this.requirements.every(r => meets(r, labels));
  }
  /** A label that every match must carry with one of these values: what an index can use. */
  equality(): { key: string; values: readonly string[] } | undefined {
    return this.requirements.find(r => r.operator === 'In');
  }
  toString(): string {
    return this.requirements.map(show).join(',');
  }
}

function meets(r: LabelRequirement, labels: Labels): boolean {
  const value = labels?.[r.key];
  switch (r.operator) {
    case 'In':
      return value !== undefined && r.values.includes(value);
    case 'NotIn':
      return value === undefined || !r.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(r.values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(r.values[0]);
  }
}

function show(r: LabelRequirement): string {
  switch (r.operator) {
    case 'In':
      return r.values.length === 1 ? `${r.key}=${r.values[0]}` : `${r.key} in (${r.values.join(',')})`;
    case 'NotIn':
      return r.values.length === 1 ? `${r.key}!=${r.values[0]}` : `${r.key} notin (${r.values.join(',')})`;
    case 'Exists':
      return r.key;
    case 'DoesNotExist':
      return `!${r.key}`;
    case 'Gt':
      return `${r.key}>${r.values[0]}`;
    case 'Lt':
      return `${r.key}<${r.values[0]}`;
  }
}

const KEY = String.raw`(?:[A-Za-z0-9][-A-Za-z0-9_.]*\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?`;
const VALUE = '[-A-Za-z0-9_.]*';
const TERMS: [RegExp, (m: RegExpExecArray) => LabelRequirement][] = [
  [new RegExp(`^!\\s*(${KEY})$`), m => ({ key: m[1]!, operator: 'DoesNotExist', values: [] })],
  [new RegExp(`^(${KEY})$`), m => ({ key: m[1]!, operator: 'Exists', values: [] })],
  [new RegExp(`^(${KEY})\\s*(?:==?)\\s*(${VALUE})$`), m => ({ key: m[1]!, operator: 'In', values: [m[2]!] })],
  [new RegExp(`^(${KEY})\\s*!=\\s*(${VALUE})$`), m => ({ key: m[1]!, operator: 'NotIn', values: [m[2]!] })],
  [new RegExp(`^(${KEY})\\s*>\\s*(-?\\d+)$`), m => ({ key: m[1]!, operator: 'Gt', values: [m[2]!] })],
  [new RegExp(`^(${KEY})\\s*<\\s*(-?\\d+)$`), m => ({ key: m[1]!, operator: 'Lt', values: [m[2]!] })],
  [
    new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`),
    m => ({ key: m[1]!, operator: m[2] === 'in' ? 'In' : 'NotIn', values: m[3]!.split(',').map(v => v.trim()) }),
  ],
];

/** Splits at commas outside parentheses. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (i === text.length || (c === ',' && depth === 0)) {
      terms.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return terms;
}

/**
 * Parses `a=b,c in (d,e),!f`.
 * @throws StatusError 400 `unable to parse requirement: …`
 * @source apimachinery pkg/labels@eed236ceee2c
 */
export function parseLabelSelector(text: string): Selector {
  if (text.trim() === '') return new Selector([]);
  return new Selector(
    splitTerms(text).map(term => {
      for (const [pattern, build] of TERMS) {
        const match = pattern.exec(term);
        if (match) return build(match);
      }
      throw errors.badRequest(`unable to parse requirement: found '${term}', expected a label selector requirement`);
    }),
  );
}

/** A selector of an object's spec: `matchLabels` and `matchExpressions`; an absent selector matches nothing. */
export function selectorOf(s: Frozen<LabelSelector> | LabelSelector | undefined): Selector | undefined {
  if (!s) return undefined;
  const requirements: LabelRequirement[] = Object.entries(s.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: 'In',
    values: [value],
  }));
  for (const e of s.matchExpressions ?? []) {
    requirements.push({ key: e.key, operator: e.operator as LabelRequirement['operator'], values: e.values ?? [] });
  }
  return new Selector(requirements);
}

export type FieldRequirement = { field: string; equals: boolean; value: string };

/**
 * Parses `metadata.name=x,status.phase!=Running`.
 * @throws StatusError 400 `invalid selector: …`
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  if (text.trim() === '') return [];
  return text.split(',').map(term => {
    const match = /^\s*([A-Za-z0-9_.[\]'"/-]+?)\s*(!=|==|=)\s*(.*?)\s*$/.exec(term);
    if (!match) throw errors.badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    return { field: match[1]!, equals: match[2] !== '!=', value: match[3]! };
  });
}
