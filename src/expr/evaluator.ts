/** One face for every expression language: text and variables in, a JSON value out. */
export interface Evaluator {
  /** @throws ExpressionError with a one-line reason. */
  evaluate(text: string, variables: Readonly<Record<string, unknown>>): unknown;
}

/** An expression that does not parse, does not type-check or meets a missing key. */
export class ExpressionError extends Error {
  readonly expression: string;
  constructor(expression: string, detail: string) {
    super(detail);
    this.name = 'ExpressionError';
    this.expression = expression;
  }
}
