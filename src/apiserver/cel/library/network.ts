import { isIPv4, isIPv6 } from 'node:net';
import { CelError, Opaque } from '../values.ts';
import { fn, type Overload, traverse } from './library.ts';

const IP = 'net.IP';
const CIDR = 'net.CIDR';

function bitsOf(text: string): bigint {
  if (isIPv4(text)) return text.split('.').reduce((n, part) => n * 256n + BigInt(part), 0n);
  const [head = '', tail] = text
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${hex(a, b)}:${hex(c, d)}`)
    .split('::');
  const groups = (part: string) => (part ? part.split(':') : []);
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce((n, group) => n * 65536n + BigInt(`0x${group}`), 0n);
}
const hex = (a: string, b: string) => (Number(a) * 256 + Number(b)).toString(16);

class IpValue extends Opaque {
  readonly type = IP;
  readonly family: 4 | 6;
  readonly bits: bigint;
  constructor(family: 4 | 6, bits: bigint) {
    super();
    this.family = family;
    this.bits = bits;
  }
  get width(): number {
    return this.family === 4 ? 32 : 128;
  }
  /** The leading bits, as a number. */
  prefix(length: number): bigint {
    return this.bits >> BigInt(this.width - length);
  }
  equals(other: IpValue): boolean {
    return this.family === other.family && this.bits === other.bits;
  }
  override toString(): string {
    if (this.family === 4) return [24n, 16n, 8n, 0n].map(s => (this.bits >> s) & 255n).join('.');
    const groups = Array.from({ length: 8 }, (_, i) => ((this.bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
    // The longest run of zeros is left out, if it is more than one.
    let [start, length] = [0, 1];
    for (let i = 0; i < groups.length; i++) {
      let end = i;
      while (groups[end] === '0') end++;
      if (end - i > length) [start, length] = [i, end - i];
    }
    if (length === 1) return groups.join(':');
    return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
  }
}
class CidrValue extends Opaque {
  readonly type = CIDR;
  readonly ip: IpValue;
  readonly length: number;
  constructor(ip: IpValue, length: number) {
    super();
    this.ip = ip;
    this.length = length;
  }
  get masked(): IpValue {
    const host = BigInt(this.ip.width - this.length);
    return new IpValue(this.ip.family, (this.ip.bits >> host) << host);
  }
  containsIp(ip: IpValue): boolean {
    return ip.family === this.ip.family && ip.prefix(this.length) === this.ip.prefix(this.length);
  }
  equals(other: CidrValue): boolean {
    return this.ip.equals(other.ip) && this.length === other.length;
  }
  override toString(): string {
    return `${this.ip}/${this.length}`;
  }
}

function parseIp(text: string): IpValue | undefined {
  if (isIPv4(text)) return new IpValue(4, bitsOf(text));
  // Zones, and IPv4 in the clothes of IPv6, are refused.
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const ip = new IpValue(6, bitsOf(text));
  return ip.bits >> 32n === 0xffffn ? undefined : ip;
}
function parseCidr(text: string): CidrValue | undefined {
  const [address = '', length = '', more] = text.split('/');
  const ip = parseIp(address);
  if (!ip || more !== undefined || !/^(?:0|[1-9]\d*)$/.test(length) || Number(length) > ip.width) return undefined;
  return new CidrValue(ip, Number(length));
}
function ip(text: string): IpValue {
  const parsed = parseIp(text);
  if (!parsed) throw new CelError(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return parsed;
}
function cidr(text: string): CidrValue {
  const parsed = parseCidr(text);
  if (!parsed) throw new CelError(`network address parse error during conversion from string: ${JSON.stringify(text)}`);
  return parsed;
}
const within = (range: string) => {
  const network = parseCidr(range)!;
  return (address: IpValue) => network.containsIp(address);
};
const either = (v4: (a: IpValue) => boolean, v6: (a: IpValue) => boolean) => (a: IpValue) => (a.family === 4 ? v4(a) : v6(a));
const TESTS: Readonly<Record<string, (a: IpValue) => boolean>> = {
  isUnspecified: a => a.bits === 0n,
  isLoopback: either(within('127.0.0.0/8'), a => a.bits === 1n),
  isLinkLocalMulticast: either(within('224.0.0.0/24'), within('ff02::/16')),
  isLinkLocalUnicast: either(within('169.254.0.0/16'), within('fe80::/10')),
};
const isGlobal = (a: IpValue) =>
  !['isUnspecified', 'isLoopback', 'isLinkLocalUnicast'].some(t => TESTS[t]!(a)) &&
  !either(within('224.0.0.0/4'), within('ff00::/8'))(a) &&
  !(a.family === 4 && a.bits === 0xffffffffn);

/** Addresses and networks. @source apiserver pkg/cel/library/ip.go, cidr.go@24a394e516bf */
export const network: readonly Overload[] = [
  fn(`ip(string): ${IP}`, ip, { cost: traverse }),
  fn('isIP(string): bool', (s: string) => parseIp(s) !== undefined, { cost: traverse }),
  fn('ip.isCanonical(string): bool', (s: string) => String(ip(s)) === s, { cost: traverse }),
  fn(`${IP}.family(): int`, (a: IpValue) => BigInt(a.family)),
  ...Object.entries({ ...TESTS, isGlobalUnicast: isGlobal }).map(([name, holds]) => fn(`${IP}.${name}(): bool`, holds)),
  fn(`string(${IP}): string`, String, { resultSize: () => 39 }),
  fn(`cidr(string): ${CIDR}`, cidr, { cost: traverse }),
  fn('isCIDR(string): bool', (s: string) => parseCidr(s) !== undefined, { cost: traverse }),
  fn(`${CIDR}.containsIP(string): bool`, (c: CidrValue, s: string) => c.containsIp(ip(s)), { cost: traverse }),
  fn(`${CIDR}.containsIP(${IP}): bool`, (c: CidrValue, a: IpValue) => c.containsIp(a)),
  fn(`${CIDR}.containsCIDR(string): bool`, (c: CidrValue, s: string) => containsCidr(c, cidr(s)), { cost: traverse }),
  fn(`${CIDR}.containsCIDR(${CIDR}): bool`, containsCidr),
  fn(`${CIDR}.ip(): ${IP}`, (c: CidrValue) => c.ip),
  fn(`${CIDR}.masked(): ${CIDR}`, (c: CidrValue) => new CidrValue(c.masked, c.length)),
  fn(`${CIDR}.prefixLength(): int`, (c: CidrValue) => BigInt(c.length)),
  fn(`string(${CIDR}): string`, String, { resultSize: () => 43 }),
];

function containsCidr(outer: CidrValue, inner: CidrValue): boolean {
  return outer.length <= inner.length && outer.containsIp(inner.ip);
}
