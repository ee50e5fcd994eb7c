export * from './brand.ts';
export * from './clock.ts';
export * from './hash.ts';
export * from './ids.ts';
export * from './log.ts';
export * from './trash.ts';
