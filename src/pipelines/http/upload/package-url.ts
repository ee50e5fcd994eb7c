import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import type { ParsedPipeline } from '../../ir/parse.ts';
import { apiErrors } from '../errors.ts';
import { parsePipelineText } from './parse.ts';
import { readPipelineFile, UPLOAD_LIMIT_BYTES } from './pipeline-file.ts';

/** Where a caller must not send the daemon: its own host, its networks, the metadata services of clouds. */
const inner = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  inner.addSubnet(network, bits);
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  inner.addSubnet(network, bits, 'ipv6');

/**
 * Fetches a pipeline from a public http(s) address, without following redirects.
 * @throws ApiError 400 for another kind of address, an inner host, or a failed or oversized answer
 */
export async function fetchPipeline(text: string, signal: AbortSignal): Promise<ParsedPipeline> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw apiErrors.invalidInput(`invalid pipeline spec URL: ${text}. Please specify a valid URL`);
  const addresses = await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  if (addresses.length === 0 || addresses.some(a => inner.check(a.address, isIPv6(a.address) ? 'ipv6' : 'ipv4')))
    throw apiErrors.invalidInput('Pipeline URL validation failed');
  const bytes = await download(url, signal);
  return await parsePipelineText(await readPipelineFile(url.pathname, bytes));
}

async function download(url: URL, signal: AbortSignal): Promise<Uint8Array> {
  const failed = (detail: string) => apiErrors.invalidInput(`Failed to fetch pipeline spec with url: ${url.href}. ${detail}`);
  try {
    const response = await fetch(url, { redirect: 'error', signal });
    if (!response.ok || !response.body) throw failed(`Request returned ${response.status}`);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body) {
      size += part.byteLength;
      if (size > UPLOAD_LIMIT_BYTES) throw failed('It is too large');
      parts.push(part);
    }
    return Buffer.concat(parts);
  } catch (e) {
    if (e instanceof TypeError) throw failed(e.message);
    throw e;
  }
}
