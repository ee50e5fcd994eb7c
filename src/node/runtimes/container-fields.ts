import type { ContainerSpec, MountSpec, SandboxSpec } from '../runtime.ts';
import type { Field } from './wire.ts';

function mountFields(mount: MountSpec): Field[] {
  switch (mount.kind) {
    case 'bind':
      return ['bind', mount.target, mount.source, mount.subPath ?? '', `${mount.readOnly ? 'r' : ''}${mount.idmap ? 'i' : ''}`];
    case 'tmpfs':
      return ['tmpfs', mount.target, mount.sizeBytes ?? 0];
    case 'overlay':
      return ['overlay', mount.target, mount.lowers.join(':'), mount.upper, mount.work];
    case 'file':
      return ['file', mount.target, (mount.mode ?? 0o644).toString(8), mount.content];
  }
}

/** A container as the native program reads it. @see native/spec.c */
export function containerFields(spec: ContainerSpec): Field[] {
  const fields: Field[] = ['name', spec.name, 'attempt', spec.attempt, 'cwd', spec.workingDir, 'log', spec.logPath];
  fields.push('termination', spec.terminationMessagePath, 'user', spec.runAsUser ?? 0, 'group', spec.runAsGroup ?? 0);
  fields.push('readonly', spec.readOnlyRoot ? 1 : 0, 'stdin', spec.stdin ? 1 : 0, 'tty', spec.tty ? 1 : 0);
  fields.push('memory', Math.floor(spec.limits.memoryBytes ?? 0), 'cpu', Math.floor(spec.limits.cpuMillis ?? 0));
  for (const word of spec.argv) fields.push('arg', word);
  for (const { name, value } of spec.env) fields.push('env', `${name}=${value}`);
  for (const mount of spec.mounts) fields.push(...mountFields(mount));
  return fields;
}

/** The Pod's /etc/hosts; `@IP@` stands for its own address where the spawner chooses it. */
export function hostsFile(spec: SandboxSpec, ip: string): string {
  const own = [...new Set([...spec.ownNames, spec.hostname])].join(' ');
  const lines = ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback', `${ip} ${own}`];
  for (const alias of spec.hostAliases) lines.push(`${alias.ip} ${alias.names.join(' ')}`);
  return `${lines.join('\n')}\n`;
}

export function resolvFile(dnsIP: string, searchDomains: readonly string[]): string {
  const search = searchDomains.length ? `search ${searchDomains.join(' ')}\n` : '';
  return `nameserver ${dnsIP}\n${search}options ndots:5\n`;
}
