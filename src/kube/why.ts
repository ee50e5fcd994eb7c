/** Why something is not as asked: one sentence, the chain from symptom to cause, and the smallest remedy. */
export type WhyStep = { kind: string; name: string; what: string; at?: string; link?: string };
export type Why = {
  /** Subject, what did not happen, cause; at most 140 characters, with real values. */
  sentence: string;
  chain: WhyStep[];
  /** The last lines of the log that decides, oldest first. */
  logTail?: string[];
  remedy?: { label: string; command: string };
};
