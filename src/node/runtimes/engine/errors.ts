/** What a container engine refused, in its own words. */
export class EngineError extends Error {
  /** The HTTP status: 404 for what is not there, 409 for a wrong state. */
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'EngineError';
    this.status = status;
  }
}

/** Runs `work`; undefined when the engine answers with one of these states. */
export async function unless<T>(statuses: readonly number[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof EngineError && statuses.includes(error.status)) return undefined;
    throw error;
  }
}
