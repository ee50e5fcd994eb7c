/** An expression that does not compile, with upstream's words: where, and the line with a mark below. */
export class CompileError extends Error {
  constructor(source: string, at: number, detail: string) {
    const before = source.slice(0, at).split('\n');
    const column = before.at(-1)!.length;
    const line = source.split('\n')[before.length - 1] ?? '';
    super(`ERROR: <input>:${before.length}:${column + 1}: ${detail}\n | ${line}\n | ${'.'.repeat(column)}^`);
    this.name = 'CompileError';
  }
}

/** The error table of the checker. @source cel-go checker/errors.go */
export const compileErrors = {
  syntax: (detail: string) => `Syntax error: ${detail}`,
  undeclared: (name: string) => `undeclared reference to '${name}' (in container '')`,
  undefinedField: (name: string) => `undefined field '${name}'`,
  noFields: (type: string) => `type '${type}' does not support field selection`,
  noOverload: (name: string, args: string) => `found no matching overload for '${name}' applied to '${args}'`,
  notARange: (type: string) => `expression of type '${type}' cannot be range of a comprehension (must be list, map, or dynamic)`,
  typeMismatch: (expected: string, actual: string) => `expected type '${expected}' but found '${actual}'`,
  badMacro: (name: string) => `invalid argument to ${name}() macro`,
};
