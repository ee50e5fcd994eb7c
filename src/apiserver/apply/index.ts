export { type ApplyRequest, applyPatch } from './apply.ts';
export type { FieldSet } from './field-set.ts';
export { type TrackRequest, trackFields } from './track.ts';
export type { Convert } from './updater.ts';
