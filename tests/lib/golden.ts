import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const MASKS: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<date>'],
  [/\b10\.(?:96|24\d|25\d)\.\d+\.\d+\b/g, '<ip>'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  [/\bresourceVersion: "\d+"/g, 'resourceVersion: "<rv>"'],
  [/\b(?:\d+d)?(?:\d+h)?(?:\d+m)?\d+s\b/g, '<age>'],
  [/-(?:[0-9a-f]{8,10}|[bcdfghjklmnpqrstvwxz2456789]{8,10})-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-<hash>-<id>'],
  [/kube-api-access-\w{5}/g, 'kube-api-access-<id>'],
  [/\/tmp\/skiff-test-\w+/g, '<home>'],
  [/\/tmp\/(?:LIVE|MERGED)-\d+/g, '/tmp/<dir>'],
  [/skiff:\/\/[0-9a-f]+/g, 'skiff://<id>'],
  [/ {2,}/g, '  '],
];

/** Text without what differs from run to run. */
export function mask(text: string): string {
  return MASKS.reduce((t, [pattern, to]) => t.replace(pattern, to), text);
}

/** Compares masked text with a stored file; UPDATE_GOLDENS=1 writes it instead, to be read before it is committed. */
export function assertGolden(path: string, text: string): void {
  const masked = mask(text);
  if (process.env['UPDATE_GOLDENS'] || !existsSync(path)) {
    assert.ok(process.env['UPDATE_GOLDENS'], `${path} is missing; write it with UPDATE_GOLDENS=1 and read it`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, masked);
    return;
  }
  assert.equal(masked, readFileSync(path, 'utf8'));
}
