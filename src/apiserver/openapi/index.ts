export { groupVersionPath, openApiHash, openApiRoot, openApiV3 } from './document.ts';
export { openApiV2, openApiV2Protobuf } from './document-v2.ts';
export type { OpenApiResource } from './paths.ts';
