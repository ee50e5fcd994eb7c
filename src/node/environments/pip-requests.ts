import { type ShellCommand, shellCommands } from './shell-words.ts';

/** The arguments after `pip install`, without those that only concern output and caching. */
export type PipRequest = readonly string[];
/** Options that change nothing about what is installed. The shim in a Pod reads the same lists. */
export const COSMETIC_FLAGS = [
  '--quiet',
  '-q',
  '-qq',
  '-qqq',
  '--verbose',
  '-v',
  '--no-warn-script-location',
  '--disable-pip-version-check',
  '--no-cache-dir',
  '--no-input',
  '--no-color',
  '--no-warn-conflicts',
  '--no-python-version-warning',
  '--break-system-packages',
];
export const COSMETIC_OPTIONS = [
  '--progress-bar',
  '--root-user-action',
  '--timeout',
  '--retries',
  '--cache-dir',
  '--trusted-host',
];
/** Options a layer can be made with, and how many values they take. */
const UNDERSTOOD: Record<string, 0 | 1> = {
  '--no-deps': 0,
  '--upgrade': 0,
  '-U': 0,
  '--pre': 0,
  '--user': 0,
  '--prefer-binary': 0,
  '--index-url': 1,
  '-i': 1,
  '--extra-index-url': 1,
  '--find-links': 1,
  '-f': 1,
};
const SHELLS = /^(?:\/(?:usr\/)?bin\/)?(?:sh|bash|ash|dash)$/;
const PYTHONS = /^(?:\S*\/)?python(?:3(?:\.\d+)?)?$/;
const PIPS = /^(?:\S*\/)?pip(?:3(?:\.\d+)?)?$/;

export type Detected = {
  requests: PipRequest[];
  /** Whether the command installs more than what was understood, so that it needs an environment it can write. */
  more: boolean;
};

/** Finds what a container's command will surely `pip install` from the start, and whether that may be all. */
export function detectRequests(argv: readonly string[]): Detected {
  const installs = argv.reduce((n, a) => n + [...a.matchAll(/\bpip[\d.]*["']?\s+install\b/g)].length, 0);
  const requests: PipRequest[] = [];
  const names = new Set<string>();
  let inside = false;
  const script = SHELLS.test(argv[0] ?? '') && /^-[a-z]*c$/.test(argv[1] ?? '') ? argv[2] : undefined;
  for (const command of script === undefined ? [] : shellCommands(script)) {
    if (command.nested) continue;
    // From here on pip is another one, of an environment that the script makes itself. If that sees the layer's packages,
    // what it will install may be there already, as long as it is not another version of the same.
    if (entersVenv(command)) {
      if (!command.words.some(w => w.text === '--system-site-packages' || w.text.includes('activate'))) break;
      inside = true;
    }
    if (command.after === '||' || command.after === '|' || command.after === '&') continue;
    const request = requestOf(command);
    if (!request) continue;
    const packages = packagesOf(request);
    if (inside && packages.some(n => names.has(n))) break;
    for (const n of packages) names.add(n);
    requests.push(request);
  }
  return { requests, more: installs > requests.length };
}

function entersVenv({ words }: ShellCommand): boolean {
  const texts = words.map(w => w.text);
  const [first = '', second = ''] = texts;
  return (
    ((first === '.' || first === 'source') && second.includes('activate')) ||
    texts.includes('venv') ||
    texts.includes('virtualenv')
  );
}

function requestOf({ words }: ShellCommand): PipRequest | undefined {
  const rest = words.slice(words.findIndex(w => !/^[A-Za-z_]\w*=/.test(w.text)));
  const texts = rest.map(w => w.text);
  let skip: number;
  if (PIPS.test(texts[0] ?? '') && texts[1] === 'install') skip = 2;
  else if (PYTHONS.test(texts[0] ?? '') && texts[1] === '-m' && texts[2] === 'pip' && texts[3] === 'install') skip = 4;
  else return undefined;
  if (rest.some(w => w.dynamic)) return undefined;
  return canonicalRequest(texts.slice(skip));
}

/** The packages that a request names. */
function packagesOf(request: PipRequest): string[] {
  return request.flatMap((arg, i) => {
    if (arg.startsWith('-') || UNDERSTOOD[request[i - 1] ?? ''] === 1) return [];
    return arg
      .toLowerCase()
      .replace(/[^a-z0-9._-].*$/, '')
      .replaceAll(/[._]/g, '-');
  });
}

/** The request without cosmetics; undefined when it has something that a layer cannot be made of (files, editable, VCS). */
export function canonicalRequest(args: readonly string[]): PipRequest | undefined {
  // The list of what a layer satisfies is separated by these.
  if (args.some(a => a.includes('\n') || a.includes('\u001f'))) return undefined;
  const request: string[] = [];
  let requirements = 0;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const [option, inline] =
      arg.startsWith('--') && arg.includes('=')
        ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]
        : [arg, undefined];
    if (COSMETIC_FLAGS.includes(arg)) continue;
    if (COSMETIC_OPTIONS.includes(option)) {
      if (inline === undefined) i++;
    } else if (option.startsWith('-')) {
      const values = UNDERSTOOD[option];
      if (values === undefined) return undefined;
      request.push(option);
      if (values === 1) request.push(inline ?? args[++i] ?? '');
    } else {
      // Paths, archives and repositories are the Pod's own business.
      if (/^[./~]|:\/\/|^git\+|\.whl$|\.tar\.gz$|\.zip$/.test(arg)) return undefined;
      request.push(arg);
      requirements++;
    }
  }
  return requirements > 0 ? request : undefined;
}

const PUBLIC_INDEX = /^https?:\/\/(?:www\.)?pypi\.(?:org|python\.org)\/simple\/?$/;

/** The arguments for uv. A public index gives way to the host's own, where it has one. */
export function uvArguments(request: PipRequest, hostIndex: string | undefined): { args: string[]; replacedIndex: boolean } {
  const args: string[] = [];
  let replacedIndex = false;
  for (let i = 0; i < request.length; i++) {
    const arg = request[i]!;
    const takes = UNDERSTOOD[arg];
    if (arg === '--user' || arg === '--prefer-binary') continue;
    if (arg === '--pre') args.push('--prerelease', 'allow');
    else if (arg === '-i' || arg === '--index-url') {
      const url = request[++i]!;
      replacedIndex ||= hostIndex !== undefined && PUBLIC_INDEX.test(url);
      args.push('--default-index', hostIndex !== undefined && PUBLIC_INDEX.test(url) ? hostIndex : url);
    } else if (arg === '--extra-index-url') args.push('--index', request[++i]!);
    else if (arg === '-f' || arg === '--find-links') args.push('--find-links', request[++i]!);
    else if (takes === undefined || takes === 0) args.push(arg);
  }
  return { args, replacedIndex };
}
