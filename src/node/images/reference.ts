import { errors } from '../errors.ts';

export type ImageReference = {
  registry: string;
  /** Without registry; `library/` stands before Docker's official images. */
  repository: string;
  tag: string;
  digest?: string;
};
const FORM = /^(?<name>[^@\s]+?)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}))?$/;
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** Reads an image name as container engines do. @throws NotStartable InvalidImageName */
export function parseImage(image: string): ImageReference {
  const parts = FORM.exec(image)?.groups;
  if (!parts) throw errors.imageNameInvalid(image);
  const name = parts['name']!;
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasRegistry = first.includes('.') || first.includes(':') || first === 'localhost';
  const path = hasRegistry ? name.slice(slash + 1) : name;
  if (!REPOSITORY.test(path)) throw errors.imageNameInvalid(image);
  const registry = hasRegistry ? first : 'docker.io';
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  return { registry, repository, tag: parts['tag'] ?? 'latest', ...(parts['digest'] ? { digest: parts['digest'] } : {}) };
}
