export * from './cel.ts';
export * from './evaluator.ts';
