/** What a runtime refuses or cannot do; `remedy` says what helps. */
export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;
  readonly remedy: string | undefined;

  constructor(code: RuntimeErrorCode, detail: string) {
    super(`${ERRORS[code].message}: ${detail}`);
    this.name = 'RuntimeError';
    this.code = code;
    this.remedy = ERRORS[code].remedy;
  }
}

export type RuntimeErrorCode = keyof typeof ERRORS;
const ERRORS = {
  NoNative: { message: 'the native supervisor is not available', remedy: 'run `npm run build:native`, which needs a C compiler' },
  NoNamespaces: {
    message: 'Pods cannot have namespaces of their own here',
    remedy: 'allow user namespaces, or start with --pods plain',
  },
  SandboxFailed: { message: 'the sandbox could not be made', remedy: undefined },
  NotRunning: { message: 'the Pod does not run', remedy: undefined },
  ExecFailed: { message: 'the command could not be started', remedy: undefined },
  AttachFailed: { message: 'the container could not be attached to', remedy: undefined },
  DialFailed: { message: 'the port could not be reached', remedy: undefined },
  Refused: { message: 'the spawner refused', remedy: undefined },
} as const satisfies Record<string, { message: string; remedy: string | undefined }>;
