/** The word of a run state, for code that needs no icon: `FAILED` → `Failed`. */
export const runState = (state: string | undefined): string =>
  state ? state.charAt(0) + state.slice(1).toLowerCase() : 'Pending';
