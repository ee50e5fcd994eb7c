import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { type Evaluator, ExpressionError } from './evaluator.ts';

/** A function an expression may call: `parseJson(string): dyn`. */
export type CelFunction = { signature: string; call(...args: never[]): unknown };
const KEPT_PROGRAMS = 2_000;

/**
 * CEL over plain JSON: every variable is dynamic, numbers of JSON are doubles and equal to ints of the same value, and
 * answers come back as JSON (ints as numbers). Programs are kept by their text.
 */
export function celEvaluator(functions: readonly CelFunction[] = []): Evaluator {
  const environment = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false });
  for (const { signature, call } of functions) environment.registerFunction(signature, call as (...args: unknown[]) => unknown);
  addMixedArithmetic(environment);
  const programs = new Map<string, ParseResult>();
  return {
    evaluate(text, variables) {
      try {
        let program = programs.get(text);
        if (!program) {
          program = environment.parse(text);
          if (programs.size >= KEPT_PROGRAMS) programs.clear();
          programs.set(text, program);
        }
        return toJson(program(variables as Record<string, unknown>));
      } catch (e) {
        throw new ExpressionError(text, (e as Error).message.split('\n')[0] ?? 'unknown');
      }
    },
  };
}

/** JSON numbers are doubles, literals are ints: KFP authors mean the same thing by both. */
function addMixedArithmetic(environment: Environment): void {
  const operations: [string, (a: number, b: number) => number][] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
    ['%', (a, b) => a % b],
  ];
  for (const [sign, apply] of operations) {
    environment.registerOperator(`double ${sign} int`, (a: number, b: bigint) => apply(a, Number(b)));
    environment.registerOperator(`int ${sign} double`, (a: bigint, b: number) => apply(Number(a), b));
  }
}

function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [String(k), toJson(v)]));
  if (value instanceof Date) return value.toISOString();
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, toJson(v)]));
  return value;
}
