import { text } from 'node:stream/consumers';
import type { EngineImage } from '../../runtime.ts';
import type { EngineApi } from './api.ts';
import { EngineError, unless } from './errors.ts';

type Inspected = {
  Id: string;
  RepoDigests?: string[] | null;
  Config?: { Entrypoint?: string[] | null; Cmd?: string[] | null; Env?: string[] | null; WorkingDir?: string };
};

/**
 * The image as the engine has it, pulled when the policy says so.
 * @returns undefined when it is not there and must not be pulled
 * @throws EngineError with what the registry or the engine said
 */
export async function findImage(api: EngineApi, image: string, pullPolicy: string | undefined): Promise<EngineImage | undefined> {
  const inspect = () => unless([404], api.call<Inspected>('GET', `/images/${image}/json`));
  let found = pullPolicy === 'Always' ? undefined : await inspect();
  if (!found && pullPolicy !== 'Never') {
    await pull(api, image);
    found = await inspect();
    if (!found) throw new EngineError(404, `image ${image} is not there after its pull`);
  }
  if (!found) return undefined;
  const { Entrypoint, Cmd, Env, WorkingDir } = found.Config ?? {};
  return {
    imageID: found.RepoDigests?.[0] ?? found.Id,
    entrypoint: Entrypoint ?? [],
    cmd: Cmd ?? [],
    env: Object.fromEntries((Env ?? []).map(e => [e.slice(0, e.indexOf('=')), e.slice(e.indexOf('=') + 1)])),
    workingDir: WorkingDir || '/',
  };
}

/** The answer is 200 before the outcome is known: it stands in the last line. */
async function pull(api: EngineApi, image: string): Promise<void> {
  const lines = await text(await api.stream('POST', `/images/create?fromImage=${encodeURIComponent(image)}`));
  for (const line of lines.split('\n').filter(Boolean)) {
    const { error } = JSON.parse(line) as { error?: string };
    if (error) throw new EngineError(500, error);
  }
}
