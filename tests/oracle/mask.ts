import type { Answer } from './play.ts';

const UID = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const TIME = /\b20(?!20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const BY_KEY = new Set(['resourceVersion', 'continue']);

/** The answer without what no two servers have in common: uids, times, revisions, continue tokens, and what the step names. */
export function maskAnswer(answer: Answer, pattern?: string): Answer {
  const own = pattern === undefined ? undefined : new RegExp(pattern, 'g');
  const text = (s: string) => {
    const masked = s
      .replaceAll(UID, '<uid>')
      .replaceAll(TIME, '<time>')
      .replaceAll(/resourceVersion: "?\d+"?/g, 'resourceVersion: <rv>');
    return own
      ? JSON.parse(JSON.stringify(masked).replaceAll(own, m => (m.startsWith('"') ? '"<masked>"' : '<masked>')))
      : masked;
  };
  const mask = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return BY_KEY.has(key) && value !== '' ? `<${key}>` : text(value);
    if (Array.isArray(value)) return (key === 'conditions' ? byType(value) : value).map(v => mask(v, ''));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map(k => [k, mask((value as Record<string, unknown>)[k], k)]),
    );
  };
  return { ...answer, body: mask(answer.body, '') };
}

function byType(conditions: { type: string }[]): { type: string }[] {
  return [...conditions].sort((a, b) => (a.type < b.type ? -1 : 1));
}
