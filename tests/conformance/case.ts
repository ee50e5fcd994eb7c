/** A row of a MANIFEST.tsv: one upstream file and what must come of it. */
export type Case = { file: string; path: string; origin: string; expectation: string };

const SKIPS = ['needs-gpu', 'needs-cloud', 'refused-upstream', 'golden-wrong'] as const;
export type SkipReason = (typeof SKIPS)[number] | `needs-package:${string}` | `later-issue:${number}`;

/** Thrown by a checker: this case cannot be judged here, for one of few reasons. */
export class Skip extends Error {
  readonly reason: SkipReason;
  constructor(reason: SkipReason, detail: string) {
    super(detail);
    if (!isSkipReason(reason)) throw new Error(`${reason} is no reason to skip`);
    this.reason = reason;
  }
}
export function isSkipReason(text: string): text is SkipReason {
  return (SKIPS as readonly string[]).includes(text) || /^needs-package:\S+$/.test(text) || /^later-issue:\d+$/.test(text);
}

/** Judges the rows it is meant for: by path prefix and the first words of the expectation. */
export type Checker<World> = {
  name: string;
  prefix: string;
  expectation: RegExp;
  /** Resolves when the case holds, throws when it does not. */
  check(c: Case, world: World): Promise<void>;
};

/** The checker of a row; a row that nobody understands is a failure of its own. */
export function checkerFor<W>(checkers: readonly Checker<W>[], c: Case): Checker<W> | undefined {
  return checkers.find(k => c.file.startsWith(k.prefix) && k.expectation.test(c.expectation));
}

/** The rows of a manifest, with absolute paths. Comment lines are passed over. */
export function parseManifest(text: string, folder: string): Case[] {
  return text
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => {
      const [file, origin, ...expectation] = line.split('\t');
      return { file: file!, path: `${folder}/${file}`, origin: origin ?? '', expectation: expectation.join('\t') };
    });
}
