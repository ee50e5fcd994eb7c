export * from './answer.ts';
export * from './body.ts';
export * from './errors.ts';
export * from './router.ts';
export * from './static-files.ts';
export * from './types.ts';
