import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export type Import = {
  from: string;
  specifier: string /** Path below the root when it is a file of ours. */;
  to?: string;
  typeOnly: boolean;
  line: number;
};
export type SourceFile = { path: string; text: string; imports: Import[] };

const IMPORT = /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?'([^']+)'/gm;
const NAMED = /^[ \t]*(?:import|export)\s+(type\s+)?(\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+)(?:\s*,\s*\{[^}]*\})?\s+from\s+'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)(\.[A-Z])?/g;

/** All TypeScript files of the given globs with what they import. Comments and strings cannot fool it: imports start a line. */
export function readSources(root: string, globs: readonly string[]): SourceFile[] {
  const paths = globs
    .flatMap(g => globSync(g, { cwd: root }))
    .filter(p => !p.includes('node_modules') && !p.includes('/generated/'));
  return [...new Set(paths)].sort().map(path => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, text, imports: importsOf(root, path, text) };
  });
}

/** The imports of one file's text. */
export function importsOf(root: string, path: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, index: number) => {
    const line = text.slice(0, index).split('\n').length;
    const to = specifier.startsWith('.') ? relative(root, resolve(root, dirname(path), specifier)) : undefined;
    found.push({ from: path, specifier, typeOnly, line, ...(to ? { to } : {}) });
  };
  for (const m of text.matchAll(NAMED)) {
    const onlyTypes =
      m[2]!.startsWith('{') &&
      m[2]!
        .slice(1, -1)
        .split(',')
        .every(n => n.trim() === '' || n.trim().startsWith('type '));
    add(m[3]!, m[1] !== undefined || onlyTypes, m.index);
  }
  for (const m of text.matchAll(IMPORT)) {
    if (!/\sfrom\s/.test(m[0])) add(m[2]!, false, m.index);
  }
  for (const m of text.matchAll(DYNAMIC)) add(m[1]!, m[2] !== undefined, m.index);
  return found;
}

/** Whether an imported path is there: a dangling import is an error of its own. */
export function exists(root: string, path: string): boolean {
  const full = join(root, path);
  return existsSync(full) && statSync(full).isFile();
}
