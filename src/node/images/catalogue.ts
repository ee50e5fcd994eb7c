import { canonicalJson, sha256Hex } from '../../lib/index.ts';
import { errors } from '../errors.ts';
import { type ImageReference, parseImage } from './reference.ts';
import type { CatalogueEntry } from './table.ts';

export type ResolvedImage = { entry: CatalogueEntry; reference: ImageReference; imageID: string };

/** Maps image names to what stands for them on this host. Pure but for `hasProgram`. */
export class Catalogue {
  readonly #entries: readonly { entry: CatalogueEntry; patterns: readonly RegExp[] }[];
  readonly #hasProgram: (name: string) => boolean;
  /** The first entry that matches wins, so own entries stand before the built-in ones. */
  constructor(entries: readonly CatalogueEntry[], hasProgram: (name: string) => boolean) {
    this.#entries = entries.map(entry => ({ entry, patterns: entry.match.map(globToRegExp) }));
    this.#hasProgram = hasProgram;
  }

  /** Whether an entry stands for the image, be it one that refuses. @throws NotStartable InvalidImageName */
  knows(image: string): boolean {
    return this.#find(parseImage(image)) !== undefined;
  }
  /** @throws NotStartable InvalidImageName, ErrImagePull or ErrImageNeverPull; the message is the remedy */
  resolve(image: string, pullPolicy: string | undefined): ResolvedImage {
    const reference = parseImage(image);
    const found = this.#find(reference);
    if (!found) throw pullPolicy === 'Never' ? errors.imageNeverPull(image) : errors.imageUnknown(image);
    if (found.kind === 'refused') throw errors.imageRefused(image, found.message ?? 'the catalogue refuses it');
    const missing = found.programs?.find(p => !this.#hasProgram(p));
    if (missing) throw pullPolicy === 'Never' ? errors.imageNeverPull(image) : errors.imageProgramMissing(image, missing);
    const name = nameOf(reference);
    const digest = reference.digest ?? `sha256:${sha256Hex(canonicalJson([name, reference.tag, found]))}`;
    return { entry: found, reference, imageID: `${name}@${digest}` };
  }
  #find(reference: ImageReference): CatalogueEntry | undefined {
    const name = nameOf(reference);
    return this.#entries.find(e => e.patterns.some(p => p.test(name)))?.entry;
  }
}

function nameOf(r: ImageReference): string {
  return `${r.registry}/${r.repository}`;
}

/** `*` stands for any text, also over slashes. */
function globToRegExp(glob: string): RegExp {
  return new RegExp(
    `^${glob
      .split('*')
      .map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
}

/**
 * The argument vector of a container: the Pod's command replaces entry point and CMD, its args replace CMD.
 * @source kubernetes docs, "Define a command and arguments for a container"
 * @throws NotStartable CreateContainerError when nothing is left to run
 */
export function commandLine(
  image: string,
  entry: Pick<CatalogueEntry, 'entrypoint' | 'cmd'>,
  command: readonly string[] | undefined,
  args: readonly string[] | undefined,
): string[] {
  const argv = command?.length
    ? [...command, ...(args ?? [])]
    : [...(entry.entrypoint ?? []), ...(args?.length ? args : (entry.cmd ?? []))];
  if (argv.length === 0) throw errors.noCommand(image);
  return argv;
}
