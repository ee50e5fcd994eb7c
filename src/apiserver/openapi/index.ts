export { openApiHash, openApiRoot, openApiV3 } from './document.ts';
export type { OpenApiResource } from './paths.ts';
