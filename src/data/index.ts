export { backup } from './backup.ts';
export { openBlobs } from './blobs.ts';
export { Checkpoints } from './checkpoints.ts';
export { DataError, type DataErrorCode, isDataError } from './errors.ts';
export { openSql } from './sql.ts';
export type { Blob, Blobs, Migration, Sql, SqlValue, Statement } from './types.ts';
