export { artifactById, artifactsOf, lineageOf, listArtifacts, metricsOf } from './queries.ts';
export { openRecorder, type Recorder } from './record.ts';
export { metadataTables } from './tables.ts';
export type * from './types.ts';
