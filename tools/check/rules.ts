import type { Import, SourceFile } from './imports.ts';

export type Finding = { level: 'error' | 'warning'; path: string; line?: number; rule: string; message: string };

const MODULES = ['pipelines', 'tuning', 'training', 'serving', 'workspaces', 'access', 'platform'];
/** The floors of ARCHITECTURE.md, from the ground. */
const FLOORS: Record<string, number> = {
  lib: 0,
  ...Object.fromEntries(['kube', 'expr', 'net', 'data'].map(r => [r, 1])),
  ...Object.fromEntries(['apiserver', 'workloads', 'node', 'metadata', 'gateway'].map(r => [r, 2])),
  ...Object.fromEntries([...MODULES, 'sdk'].map(r => [r, 3])),
  cli: 4,
};
const isTest = (path: string) => /\.test\.ts$|\/testing\/|\/fixtures\//.test(path);
const roomOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1];

/** Imports go down the floors or stay in the room, through the room's index. */
export function checkFloors(files: readonly SourceFile[]): Finding[] {
  return files.flatMap(f => f.imports.flatMap(i => floorFinding(i)));
}
function floorFinding(i: Import): Finding[] {
  const from = roomOf(i.from);
  const to = i.to ? roomOf(i.to) : undefined;
  const fail = (message: string): Finding[] => [{ level: 'error', path: i.from, line: i.line, rule: 'floors', message }];
  if (i.to && from && !to) return fail(`imports ${i.to} outside src/`);
  if (!from || !to || from === to) return [];
  if (FLOORS[to] === undefined) return fail(`src/${to} stands on no floor`);
  if (isTest(i.from)) return FLOORS[to]! > FLOORS[from]! ? fail(`a test of ${from} imports ${to}, a floor above`) : [];
  if (FLOORS[to]! > FLOORS[from]!) return fail(`imports ${to}, a floor above`);
  if (FLOORS[to] === FLOORS[from] && !sideways(from, to, i)) return fail(`imports ${to}, a room beside it`);
  if (from === 'cli' || FLOORS[to] !== 2 || !MODULES.includes(from)) {
    if (!publicSurface(i)) return fail(`imports ${i.to}; only ${to}/index.ts is public`);
    return [];
  }
  return to === 'metadata'
    ? publicSurface(i)
      ? []
      : fail(`imports ${i.to}; only metadata/index.ts is public`)
    : fail(`a module may import metadata of floor 1, not ${to}`);
}
/** Beside each other: types only on the ground floor, values only kube -> expr. */
function sideways(from: string, to: string, i: Import): boolean {
  return (
    FLOORS[from] === 1 && (i.typeOnly || (from === 'kube' && to === 'expr') || (from === 'net' && i.to === 'src/kube/errors.ts'))
  );
}
/** A room's index, files that hold types only, and what a test borrows. */
function publicSurface(i: Import): boolean {
  return (
    i.typeOnly ||
    /^src\/[^/]+\/index\.ts$/.test(i.to!) ||
    /^src\/[^/]+\/[^/]+\/index\.ts$/.test(i.to!) ||
    i.to === 'src/kube/errors.ts' ||
    i.to!.startsWith('src/lib/')
  );
}

/** No circle of value imports. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const graph = new Map(files.map(f => [f.path, f.imports.filter(i => i.to && !i.typeOnly).map(i => i.to!)]));
  const state = new Map<string, 'open' | 'done'>();
  const findings: Finding[] = [];
  const visit = (path: string, trail: string[]) => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      findings.push({ level: 'error', path, rule: 'cycles', message: [...trail.slice(trail.indexOf(path)), path].join(' -> ') });
      return;
    }
    state.set(path, 'open');
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return findings;
}

type Ban = { rule: string; pattern: RegExp; allowed: (path: string) => boolean; message: string };
const inFolder =
  (...folders: string[]) =>
  (path: string) =>
    folders.some(f => path.startsWith(f));
const pure = (path: string) =>
  /^src\/[^/]+\/(api|controller|graph|engine|projection)\//.test(path) ||
  path.startsWith('src/workloads/') ||
  path.startsWith('src/node/agent/');
const BANS: Ban[] = [
  {
    rule: 'clock',
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now|\bset(Timeout|Interval)\(/,
    allowed: p => p === 'src/lib/clock.ts',
    message: 'time comes from lib/clock',
  },
  {
    rule: 'ids',
    pattern: /\bMath\.random\(|\brandom(UUID|Bytes|Int)\b/,
    allowed: p => p === 'src/lib/ids.ts',
    message: 'randomness comes from lib/ids',
  },
  {
    rule: 'environment',
    pattern: /\bprocess\.(env|argv|cwd)\b/,
    allowed: inFolder('src/cli/'),
    message: 'only cli/ reads env, argv and cwd',
  },
  {
    rule: 'processes',
    pattern: /from 'node:child_process'/,
    allowed: inFolder('src/node/'),
    message: 'only node/ starts processes',
  },
  {
    rule: 'sql',
    pattern: /from 'node:sqlite'/,
    allowed: inFolder('src/data/', 'src/apiserver/store/'),
    message: 'only data/ and the API server store speak SQL',
  },
  {
    rule: 'purity',
    pattern: /from 'node:|\bprocess\./,
    allowed: p => !pure(p),
    message: 'this folder is pure: no node:*, no process',
  },
  {
    rule: 'erasable',
    pattern: /^\s*(export\s+)?(const\s+)?enum\s|^\s*(export\s+)?namespace\s/,
    allowed: () => false,
    message: 'no enums, no namespaces',
  },
  { rule: 'default-export', pattern: /^export default /, allowed: () => false, message: 'named exports only' },
  {
    rule: 'reexport',
    pattern: /^export \* from|^export \{[^}]*\} from/,
    allowed: p => p.endsWith('/index.ts'),
    message: 'only a folder index.ts re-exports',
  },
];

/** Words that belong to one room. Comments are skipped. */
export function checkBans(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const f of files) {
    if (isTest(f.path)) continue;
    const lines = f.text.split('\n');
    for (const ban of BANS) {
      if (ban.allowed(f.path)) continue;
      lines.forEach((line, n) => {
        if (/^\s*(\/\/|\*|\/\*)/.test(line) || !ban.pattern.test(line)) return;
        findings.push({ level: 'error', path: f.path, line: n + 1, rule: ban.rule, message: ban.message });
      });
    }
  }
  return findings;
}

/** 400 lines warn, 600 fail; a folder over 20 files warns. */
export function checkSizes(files: readonly { path: string; text: string }[]): Finding[] {
  const findings: Finding[] = [];
  const folders = new Map<string, number>();
  for (const f of files) {
    const lines = f.text.split('\n').length;
    if (lines > 400)
      findings.push({ level: lines > 600 ? 'error' : 'warning', path: f.path, rule: 'size', message: `${lines} lines` });
    if (!isTest(f.path)) {
      const folder = f.path.slice(0, f.path.lastIndexOf('/'));
      folders.set(folder, (folders.get(folder) ?? 0) + 1);
    }
  }
  for (const [path, n] of folders) if (n > 20) findings.push({ level: 'warning', path, rule: 'folder', message: `${n} files` });
  return findings;
}

/** Imports of files that are not there, and of packages that package.json does not name. */
export function checkTargets(
  files: readonly SourceFile[],
  there: (path: string) => boolean,
  packages: ReadonlySet<string>,
): Finding[] {
  return files.flatMap(f =>
    f.imports.flatMap((i): Finding[] => {
      if (i.to)
        return there(i.to)
          ? []
          : [{ level: 'error', path: f.path, line: i.line, rule: 'target', message: `${i.specifier} is not there` }];
      if (i.specifier.startsWith('node:')) return [];
      const name = i.specifier
        .split('/')
        .slice(0, i.specifier.startsWith('@') ? 2 : 1)
        .join('/');
      return packages.has(name)
        ? []
        : [{ level: 'error', path: f.path, line: i.line, rule: 'target', message: `package ${name} is not in package.json` }];
    }),
  );
}
