import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** The host's first outward IPv4 address; loopback when it has none. */
export function hostIP(): string {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? []);
  return addresses.find(a => a.family === 'IPv4' && !a.internal)?.address ?? '127.0.0.1';
}

/** The host's resolvers, IPv4 and IPv6, in order. */
export function hostResolvers(): string[] {
  try {
    return [...readFileSync('/etc/resolv.conf', 'utf8').matchAll(/^nameserver\s+(\S+)/gm)].map(match => match[1]!);
  } catch {
    return [];
  }
}
