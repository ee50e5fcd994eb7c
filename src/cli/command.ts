import type { ParseArgsConfig } from 'node:util';
import type { Home } from './home.ts';

/** What every command gets: where it runs and where it may write. */
export type Context = {
  home: Home;
  env: Record<string, string | undefined>;
  /** Positional arguments after the command's name. */
  args: string[];
  options: Record<string, string | boolean | string[] | undefined>;
  print(line: string): void;
  printError(line: string): void;
};
/** A command as data: help, completion and tests read the same table. */
export type Command = {
  name: string;
  usage: string;
  summary: string;
  options?: NonNullable<ParseArgsConfig['options']>;
  /** Resolves to the exit code. */
  run(c: Context): Promise<number>;
};

/** A failure that the user can mend: printed as one sentence, exit code 1, no stack. */
export class UserError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
