import type { Predicate, Run } from '../../data/kfp.ts';
import { parseSpan, parseTime } from '../../lib/time.ts';

/** One condition of the query bar: `status:failed`, `metric.auc>0.9`, or a bare word that the name must contain. */
export type Token = { text: string; key: string; op: ':' | '>' | '<' | '>=' | '<=' | '='; value: string; error?: string };
export type QueryContext = { now: number; pipelineName(run: Run): string; experimentId(name: string): string | undefined };

const shape = /^([a-z_]+(?:\.[\w.-]+)?)(:[<>]=?|[<>]=?|[:=])(.*)$/i;
export const keys = [
  'status',
  'pipeline',
  'experiment',
  'started',
  'duration',
  'archived',
  'recurring',
  'metric.',
  'param.',
] as const;
const stateWords: Record<string, string[]> = {
  running: ['RUNNING', 'CANCELING'],
  pending: ['PENDING'],
  waiting: ['PENDING', 'PAUSED'],
  succeeded: ['SUCCEEDED'],
  failed: ['FAILED'],
  canceled: ['CANCELED', 'CANCELING'],
  skipped: ['SKIPPED'],
};
export const statusWords = Object.keys(stateWords);

/** The tokens of a query text; values with spaces are quoted. An unusable token carries its reason and filters nothing. */
export function parseQuery(text: string): Token[] {
  const words = text.match(/(?:[^\s"]+|"[^"]*")+/g) ?? [];
  return words.map(word => parseToken(word));
}
export function parseToken(word: string): Token {
  const plain = word.replaceAll('"', '');
  const match = shape.exec(plain);
  if (!match) return { text: word, key: 'name', op: ':', value: plain };
  const key =
    match[1]!.toLowerCase() === 'state'
      ? 'status'
      : match[1]!.startsWith('metric.') || match[1]!.startsWith('param.')
        ? match[1]!
        : match[1]!.toLowerCase();
  const op = (match[2]!.length > 1 && match[2]!.startsWith(':') ? match[2]!.slice(1) : match[2]!) as Token['op'];
  const token: Token = { text: word, key, op, value: match[3]! };
  const error = problemOf(token);
  return error ? { ...token, error } : token;
}
function problemOf({ key, value }: Token): string | undefined {
  if (key === 'status')
    return stateWords[value.toLowerCase()] ? undefined : `There is no status “${value}”. Use ${statusWords.join(', ')}.`;
  if (key === 'started' || key === 'duration')
    return parseSpan(value.replace(/\s*ago$/, '')) === undefined ? `“${value}” is no time span. Use 30m, 12h or 7d.` : undefined;
  if (key.startsWith('metric.')) return value === '' || Number.isNaN(Number(value)) ? `“${value}” is no number.` : undefined;
  if (key.startsWith('param.') || ['pipeline', 'experiment', 'name', 'archived', 'recurring', 'namespace'].includes(key))
    return undefined;
  return `There is no key “${key}”. Use ${keys.join(', ')}.`;
}
const span = (token: Token): number => parseSpan(token.value.replace(/\s*ago$/, '')) ?? 0;
const yes = (value: string): boolean => !/^(no|false|0)$/i.test(value);

/** The part of a query that KFP can answer. Times are cut to the minute, so that the query stays the same for a while. */
export function toPredicates(tokens: readonly Token[], context: Pick<QueryContext, 'now' | 'experimentId'>): Predicate[] {
  const predicates: Predicate[] = [];
  const archived = tokens.find(t => t.key === 'archived' && !t.error);
  predicates.push({
    operation: 'EQUALS',
    key: 'storage_state',
    string_value: archived && yes(archived.value) ? 'ARCHIVED' : 'AVAILABLE',
  });
  for (const token of tokens) {
    if (token.error) continue;
    if (token.key === 'status') {
      const states = stateWords[token.value.toLowerCase()]!;
      predicates.push(
        states.length === 1
          ? { operation: 'EQUALS', key: 'state', string_value: states[0] }
          : { operation: 'IN', key: 'state', string_values: { values: states } },
      );
    }
    if (token.key === 'name') predicates.push({ operation: 'IS_SUBSTRING', key: 'display_name', string_value: token.value });
    if (token.key === 'started') {
      const at = new Date(Math.floor((context.now - span(token)) / 60_000) * 60_000).toISOString();
      predicates.push({
        operation: token.op.startsWith('>') ? 'LESS_THAN' : 'GREATER_THAN',
        key: 'created_at',
        timestamp_value: at,
      });
    }
    const experiment = token.key === 'experiment' ? context.experimentId(token.value) : undefined;
    if (experiment) predicates.push({ operation: 'EQUALS', key: 'experiment_id', string_value: experiment });
  }
  return predicates;
}
/** Whether some token must be checked here, as KFP's filter does not know it. */
export function needsClient(tokens: readonly Token[]): boolean {
  return tokens.some(t => !t.error && (/^(metric|param)\./.test(t.key) || ['pipeline', 'duration', 'recurring'].includes(t.key)));
}
/** The rest of the query, on a run that the server found. */
export function matches(run: Run, tokens: readonly Token[], context: QueryContext): boolean {
  return tokens.every(token => token.error || matchesToken(run, token, context));
}
function matchesToken(run: Run, token: Token, context: QueryContext): boolean {
  const { key, op, value } = token;
  if (key === 'pipeline') return context.pipelineName(run).toLowerCase().includes(value.toLowerCase());
  if (key === 'recurring') return (run.recurring_run_id !== undefined) === yes(value);
  if (key === 'duration') return compare(durationMs(run, context.now) ?? 0, op, span(token));
  if (key.startsWith('metric.')) return compare(run.metrics?.[key.slice(7)], op, Number(value));
  if (key.startsWith('param.')) {
    const actual = run.runtime_config?.parameters?.[key.slice(6)];
    if (actual === undefined) return false;
    return op === ':' || op === '=' ? String(actual) === value : compare(Number(actual), op, Number(value));
  }
  return true;
}
function compare(actual: number | undefined, op: Token['op'], wanted: number): boolean {
  if (actual === undefined || Number.isNaN(actual)) return false;
  if (op === '>') return actual > wanted;
  if (op === '>=') return actual >= wanted;
  if (op === '<') return actual < wanted;
  if (op === '<=') return actual <= wanted;
  return actual === wanted;
}
/** How long a run took, or has taken so far. */
export function durationMs(run: Run, now: number): number | undefined {
  const start = parseTime(run.created_at);
  return start === undefined ? undefined : (parseTime(run.finished_at) ?? now) - start;
}
/** The query without one token, for "Dropping one of them finds". */
export const without = (tokens: readonly Token[], token: Token): string =>
  tokens
    .filter(t => t !== token)
    .map(t => t.text)
    .join(' ');
