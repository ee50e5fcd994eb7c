export * from './console-routes.ts';
export * from './door.ts';
export * from './kubernetes.ts';
export * from './sessions.ts';
