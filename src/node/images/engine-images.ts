import { errors } from '../errors.ts';
import type { PodRuntime } from '../runtime.ts';
import type { ResolvedImage } from './catalogue.ts';
import { parseImage } from './reference.ts';

/**
 * A real image as the host's container engine has it.
 * @throws NotStartable InvalidImageName, ErrImagePull or ErrImageNeverPull
 */
export async function engineImage(runtime: PodRuntime, image: string, pullPolicy: string | undefined): Promise<ResolvedImage> {
  const reference = parseImage(image);
  const found = await runtime.findImage!(image, pullPolicy).catch((error: Error) => {
    throw errors.imagePullFailed(image, error.message);
  });
  if (!found) throw errors.imageNeverPull(image);
  const { imageID, entrypoint, cmd, env, workingDir } = found;
  return { entry: { match: [image], kind: 'userland', entrypoint, cmd, env, workingDir }, reference, imageID };
}
