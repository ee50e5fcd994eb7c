/**
 * The error table of the pipelines room. `invalid` becomes 400 INVALID_ARGUMENT at the API and a FAILED run when it shows
 * only while running.
 */
export class PipelineError extends Error {
  readonly code: 'invalid' | 'unresolved' | 'type' | 'expression' | 'outputs' | 'fenced';
  constructor(code: PipelineError['code'], message: string) {
    super(message);
    this.name = 'PipelineError';
    this.code = code;
  }
}
/** Texts as upstream words them where clients see them. @source pipelines backend/src/apiserver/template@7b70c7b95f68 */
export const errors = {
  invalid: (message: string) => new PipelineError('invalid', message),
  unresolved: (message: string) => new PipelineError('unresolved', message),
  type: (name: string, want: string, got: string) =>
    new PipelineError('type', `input parameter "${name}" must be ${want}, but is ${got}`),
  expression: (text: string, detail: string) =>
    new PipelineError('expression', `cannot evaluate ${JSON.stringify(text)}: ${detail}`),
  outputs: (message: string) => new PipelineError('outputs', message),
  fenced: () => new PipelineError('fenced', 'another leader appended to the log of this run'),
};
