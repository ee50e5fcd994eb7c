#!/usr/bin/env node
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StatusError } from '../kube/errors.ts';
import { VERSION } from '../lib/index.ts';
import { type Command, UserError } from './command.ts';
import { commands } from './commands/index.ts';
import { Home } from './home.ts';

const COMMON = { home: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;

function help(list: readonly Command[]): string {
  const width = Math.max(...list.map(c => c.usage.length));
  const lines = list.map(c => `  skiff ${c.usage.padEnd(width)}  ${c.summary}`);
  return [
    `Skiff ${VERSION}: Kubeflow in one process.`,
    '',
    ...lines,
    '',
    `  --home DIR  where everything is kept (default $SKIFF_HOME or ~/.skiff)`,
  ].join('\n');
}

async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (!name || name === 'help' || name === '--help' || name === '-h') {
    console.log(help(commands));
    return name ? 0 : 2;
  }
  if (name === '--version' || name === 'version') {
    console.log(VERSION);
    return 0;
  }
  const command = commands.find(c => c.name === name);
  if (!command) throw new UserError(`there is no command ${JSON.stringify(name)}; \`skiff help\` lists them`, 2);
  let parsed: { values: Record<string, string | boolean | string[] | undefined>; positionals: string[] };
  try {
    parsed = parseArgs({ args: rest, options: { ...COMMON, ...command.options }, allowPositionals: true }) as typeof parsed;
  } catch (e) {
    throw new UserError(`${(e as Error).message}\nusage: skiff ${command.usage}`, 2);
  }
  if (parsed.values['help']) {
    console.log(`skiff ${command.usage}\n\n${command.summary}`);
    return 0;
  }
  const folder = (parsed.values['home'] as string | undefined) ?? process.env['SKIFF_HOME'] ?? join(homedir(), '.skiff');
  return await command.run({
    home: new Home(resolve(folder)),
    env: process.env,
    args: parsed.positionals,
    options: parsed.values,
    print: line => console.log(line),
    printError: line => console.error(line),
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (e) {
  if (e instanceof UserError || e instanceof StatusError) console.error(`skiff: ${e.message}`);
  else console.error(e);
  // Not just an exit code: what a failed start has opened already must not keep the process.
  process.exit(e instanceof UserError ? e.exitCode : 1);
}
