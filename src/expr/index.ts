export * from './cel.ts';
export * from './evaluator.ts';
export * from './jsonpath.ts';
