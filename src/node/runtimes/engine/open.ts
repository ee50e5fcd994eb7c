import { accessSync, constants } from 'node:fs';
import type { Clock, Logger } from '../../../lib/index.ts';
import { EngineApi } from './api.ts';
import { Engine } from './engine.ts';

/** Where engines listen: Podman's socket of this user, the system's, Docker's. */
function usualSockets(): string[] {
  const uid = process.getuid?.() ?? 0;
  return [uid === 0 ? '/run/podman/podman.sock' : `/run/user/${uid}/podman/podman.sock`, '/var/run/docker.sock'];
}

/** The first engine that answers at its socket; undefined when there is none, or with `socketPath` `none`. */
export async function openEngine(o: {
  home: string;
  clock: Clock;
  log: Logger;
  socketPath?: string | undefined;
}): Promise<Engine | undefined> {
  if (o.socketPath === 'none') return undefined;
  for (const socketPath of o.socketPath ? [o.socketPath] : usualSockets().filter(isOpen)) {
    const api = new EngineApi(socketPath);
    try {
      const version = await api.call<{ Version: string; Components?: { Name: string }[] }>('GET', '/version');
      const name = version.Components?.some(c => c.Name.startsWith('Podman')) ? 'podman' : 'docker';
      o.log.info('container engine found', { name, version: version.Version, socketPath });
      return new Engine({ ...o, api, name: `${name} ${version.Version}` });
    } catch (error) {
      o.log.warn('container engine does not answer', { socketPath, error });
    }
  }
  return undefined;
}

function isOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false; // not there, or not ours to use
  }
}
