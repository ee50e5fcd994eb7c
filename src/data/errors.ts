export type DataErrorCode =
  | 'Constraint'
  | 'DiskFull'
  | 'BadStatement'
  | 'ReadOnly'
  | 'Closed'
  | 'FromTheFuture'
  | 'ChangedMigration'
  | 'NotFound'
  | 'BadName'
  | 'OutsideStage'
  | 'NotAFile'
  | 'TooLarge';

/** An expected failure of SQL or blobs, with what to do about it. Plain data, so that it crosses threads. */
export type DataFailure = { code: DataErrorCode; httpStatus: number; message: string; remedy: string };

export class DataError extends Error {
  readonly code: DataErrorCode;
  readonly httpStatus: number;
  readonly remedy: string;
  constructor(failure: DataFailure) {
    super(failure.message);
    this.name = 'DataError';
    this.code = failure.code;
    this.httpStatus = failure.httpStatus;
    this.remedy = failure.remedy;
  }
}

/** Whether `e` is a DataError with the given code. */
export function isDataError(e: unknown, code: DataErrorCode): e is DataError {
  return e instanceof DataError && e.code === code;
}

const failure = (code: DataErrorCode, httpStatus: number, message: string, remedy: string): DataFailure => ({
  code,
  httpStatus,
  message,
  remedy,
});

/** The error table of this room. */
export const dataFailures = {
  constraint: (detail: string) => failure('Constraint', 409, detail, 'Use another name, or read the row that is there.'),
  diskFull: (detail: string) =>
    failure('DiskFull', 507, `nothing was stored: ${detail}`, 'Free disk space; reads go on meanwhile.'),
  badStatement: (detail: string) => failure('BadStatement', 500, detail, 'This is a bug: report it with the statement.'),
  readOnly: (detail: string) =>
    failure('ReadOnly', 503, `the ledger takes no more writes: ${detail}`, 'Check the disk, then start Skiff again.'),
  closed: () => failure('Closed', 503, 'the database is closed', 'Start Skiff again.'),
  fromTheFuture: (path: string, names: readonly string[]) =>
    failure(
      'FromTheFuture',
      500,
      `${path} was written by a newer Skiff: this one does not know ${names.join(', ')}`,
      'Start the newer version, or restore a backup of the older one.',
    ),
  changedMigration: (path: string, name: string) =>
    failure(
      'ChangedMigration',
      500,
      `${path} has run another text of the migration ${name}`,
      'Start the version that wrote the file; a change of tables is a new migration.',
    ),
  noBlob: (sha256: string) =>
    failure('NotFound', 404, `no blob has the sha256 ${sha256}`, 'The artifact was deleted or never stored.'),
  badName: (what: string, name: string) =>
    failure('BadName', 400, `${JSON.stringify(name)} is no ${what}`, 'Names are relative, without "." or ".." segments.'),
  outsideStage: (path: string) =>
    failure('OutsideStage', 400, `${path} leads out of its stage folder`, 'Write outputs as files, not as links to elsewhere.'),
  notAFile: (path: string) => failure('NotAFile', 400, `${path} is not a regular file`, 'Only regular files can be stored.'),
  tooLarge: (sha256: string, limitBytes: number) =>
    failure('TooLarge', 413, `blob ${sha256} has more than ${limitBytes} bytes`, 'Read it as a stream.'),
} satisfies Record<string, (...args: never[]) => DataFailure>;
