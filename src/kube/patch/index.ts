export { jsonPatch } from './json-patch.ts';
export { createMergePatch, mergePatch } from './merge-patch.ts';
export { strategicMergePatch } from './strategic.ts';
