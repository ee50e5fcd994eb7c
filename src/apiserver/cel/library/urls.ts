import { CelError, Opaque } from '../values.ts';
import { fn, type Overload, traverse } from './library.ts';

const U = 'kubernetes.URL';

class UrlValue extends Opaque {
  readonly type = U;
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  constructor(text: string, [scheme = '', host = '', path = '', query = '']: readonly (string | undefined)[]) {
    super();
    this.text = text;
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }
  equals(other: UrlValue): boolean {
    return this.text === other.text;
  }
}
type V = UrlValue;
const SHAPE = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/;

/** As Go's url.ParseRequestURI: absolute, or a path from the root. */
function parse(text: string): V | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses control characters in URLs
  if (text === '' || /[\u0000-\u001f\u007f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const parts = SHAPE.exec(text);
  if (!parts || (!parts[1] && !text.startsWith('/'))) return undefined;
  const [, scheme, authority = '', path = '', query] = parts;
  if (scheme && authority === '' && !path.startsWith('/')) return undefined;
  const host = authority.replace(/^.*@/, '');
  if (/[\s<>"]/.test(host) || !/^(?:\[[0-9a-fA-F:.%]+\]|[^:[\]]*)(?::\d*)?$/.test(host)) return undefined;
  return new UrlValue(text, [scheme?.toLowerCase(), host, path, query]);
}
function url(text: string): V {
  const parsed = parse(text);
  if (!parsed)
    throw new CelError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
  return parsed;
}
function hostname({ host }: V): string {
  return /^\[(.*)\]/.exec(host)?.[1] ?? host.replace(/:\d*$/, '');
}
function query(u: V): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(u.query)) found.set(key, [...(found.get(key) ?? []), value]);
  return found;
}
/** As Go's EscapedPath: characters that no path may hold are escaped. */
const escapedPath = (u: V) => u.path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, c => encodeURIComponent(c));

/** URLs and their parts. @source apiserver pkg/cel/library/urls.go@24a394e516bf */
export const urls: readonly Overload[] = [
  fn(`url(string): ${U}`, url, { cost: traverse }),
  fn('isURL(string): bool', (s: string) => parse(s) !== undefined, { cost: traverse }),
  fn(`${U}.getScheme(): string`, (u: V) => u.scheme),
  fn(`${U}.getHost(): string`, (u: V) => u.host),
  fn(`${U}.getHostname(): string`, hostname),
  fn(`${U}.getPort(): string`, (u: V) => /:(\d*)$/.exec(u.host.replace(/^\[.*\]/, ''))?.[1] ?? ''),
  fn(`${U}.getEscapedPath(): string`, escapedPath),
  fn(`${U}.getQuery(): map(string, list(string))`, query),
];
