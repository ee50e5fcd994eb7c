import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Who listens on a TCP port of this machine, as far as /proc tells: "nginx (process 812)". */
export function portOwner(port: number): string {
  const inode = listeningInode(port);
  if (!inode) return 'another program';
  for (const pid of readdirSync('/proc').filter(p => /^\d+$/.test(p))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`))
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`)
          return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`;
    } catch {
      // Another user's process, or one that just ended.
    }
  }
  return 'a program of another user';
}

function listeningInode(port: number): string | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    try {
      for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
        const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
        if (state === '0A' && local?.endsWith(`:${wanted}`)) return inode;
      }
    } catch {
      // No /proc here.
    }
  }
  return undefined;
}
