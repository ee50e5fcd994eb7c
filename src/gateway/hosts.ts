import type { IncomingHttpHeaders } from 'node:http';
import { netErrors } from '../net/index.ts';

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost', 'nb.localhost']);

/** Who may be addressed: loopback names at a known port, and the names of our Services as Pods call them. */
export type HostPolicy = { ports: readonly number[]; serviceNames: readonly string[] };

/**
 * Refuses foreign Host names (DNS rebinding) and requests that another site's page makes.
 * @throws StatusError 403
 */
export function checkOrigin(headers: IncomingHttpHeaders, method: string, policy: HostPolicy): void {
  const host = headers.host ?? '';
  if (!isAllowed(host, policy)) throw netErrors.wrongHost(host);
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) throw netErrors.crossSite(origin);
  const site = headers['sec-fetch-site'];
  const navigates = headers['sec-fetch-mode'] === 'navigate' && (method === 'GET' || method === 'HEAD');
  if (typeof site === 'string' && !['same-origin', 'none'].includes(site) && !navigates) throw netErrors.crossSite(site);
}

function isAllowed(host: string, policy: HostPolicy): boolean {
  const match = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+?)(?::(\d+))?$/i.exec(host);
  if (!match) return false;
  const name = match[1]!.toLowerCase();
  const port = Number(match[2] ?? 80);
  if (LOOPBACK.has(name)) return policy.ports.includes(port);
  return policy.serviceNames.includes(name);
}
