export type Level = 'baseline' | 'restricted';
type SeccompProfile = { type?: string };
type Security = {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  capabilities?: { add?: readonly string[]; drop?: readonly string[] };
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seccompProfile?: SeccompProfile;
  procMount?: string;
  appArmorProfile?: { type?: string };
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  windowsOptions?: { hostProcess?: boolean };
};
type Container = { name: string; securityContext?: Security; ports?: readonly { hostPort?: number }[] };
type PodSpec = {
  containers?: readonly Container[];
  initContainers?: readonly Container[];
  ephemeralContainers?: readonly Container[];
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  hostUsers?: boolean;
  volumes?: readonly ({ name: string } & Record<string, unknown>)[];
  securityContext?: Security & { sysctls?: readonly { name: string }[] };
  os?: { name?: string };
};
export type PodLike = { metadata?: { annotations?: Readonly<Record<string, string>> }; spec?: PodSpec };

/** A check of a Pod: what is wrong with it, and in detail. */
type Check = (pod: PodLike, spec: PodSpec) => string | undefined;

const all = (spec: PodSpec) => [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
const names = (list: readonly { name: string }[]) => list.map(c => JSON.stringify(c.name)).join(', ');
const plural = (n: number, one: string) => (n === 1 ? one : `${one}s`);
/** `containers "a", "b" must …`. */
const say = (list: readonly { name: string }[], must: string, what = 'container') =>
  `${plural(list.length, what)} ${names(list)} ${must}`;
const quoted = (values: Iterable<string>) =>
  [...new Set(values)]
    .sort()
    .map(v => JSON.stringify(v))
    .join(', ');

const ALLOWED_CAPABILITIES = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(' '),
);
const SAFE_SYSCTLS = new Set(
  'kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies net.ipv4.ping_group_range net.ipv4.ip_unprivileged_port_start net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem net.ipv4.tcp_wmem'.split(
    ' ',
  ),
);
const SELINUX_TYPES = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']);
const RESTRICTED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const PROFILES = new Set(['RuntimeDefault', 'Localhost']);

const hostNamespaces: Check = (_, spec) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter(k => spec[k]);
  return used.length > 0 ? `host namespaces (${used.map(k => `${k}=true`).join(', ')})` : undefined;
};
const privileged: Check = (_, spec) => {
  const bad = all(spec).filter(c => c.securityContext?.privileged);
  return bad.length > 0 ? `privileged (${say(bad, 'must not set securityContext.privileged=true')})` : undefined;
};
const capabilities: Check = (_, spec) => {
  const extra = (c: Container) => (c.securityContext?.capabilities?.add ?? []).filter(x => !ALLOWED_CAPABILITIES.has(x));
  const bad = all(spec).filter(c => extra(c).length > 0);
  if (bad.length === 0) return undefined;
  return `non-default capabilities (${say(bad, `must not include ${quoted(bad.flatMap(extra))} in securityContext.capabilities.add`)})`;
};
const hostPath: Check = (_, spec) => {
  const bad = (spec.volumes ?? []).filter(v => v['hostPath'] !== undefined);
  return bad.length > 0 ? `hostPath volumes (${plural(bad.length, 'volume')} ${names(bad)})` : undefined;
};
const hostPorts: Check = (_, spec) => {
  const ports = (c: Container) => (c.ports ?? []).flatMap(p => (p.hostPort ? [p.hostPort] : []));
  const bad = all(spec).filter(c => ports(c).length > 0);
  if (bad.length === 0) return undefined;
  const used = [...new Set(bad.flatMap(ports))].sort((a, b) => a - b);
  return `hostPort (${say(bad, `${bad.length === 1 ? 'uses' : 'use'} ${plural(used.length, 'hostPort')} ${used.join(', ')}`)})`;
};
const procMount: Check = (_, spec) => {
  const bad = all(spec).filter(c => (c.securityContext?.procMount ?? 'Default') !== 'Default');
  const values = () => quoted(bad.map(c => c.securityContext!.procMount!));
  return bad.length > 0 ? `procMount (${say(bad, `must not set securityContext.procMount to ${values()}`)})` : undefined;
};
const seccompBaseline: Check = (_, spec) => {
  const isBad = (s: Security | undefined) => s?.seccompProfile?.type === 'Unconfined';
  const bad = all(spec).filter(c => isBad(c.securityContext));
  const who = [
    ...(isBad(spec.securityContext) ? ['pod'] : []),
    ...(bad.length > 0 ? [`${plural(bad.length, 'container')} ${names(bad)}`] : []),
  ];
  return who.length > 0
    ? `seccompProfile (${who.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined")`
    : undefined;
};
const selinux: Check = (_, spec) => {
  const of = (s: Security | undefined) => s?.seLinuxOptions;
  const holders = [spec.securityContext, ...all(spec).map(c => c.securityContext)].map(of);
  const types = holders.flatMap(o => (o && !SELINUX_TYPES.has(o.type ?? '') ? [o.type!] : []));
  const isNamed = holders.some(o => o?.user || o?.role);
  if (types.length === 0 && !isNamed) return undefined;
  const parts = [...(types.length > 0 ? [`type ${quoted(types)}`] : []), ...(isNamed ? ['user or role may not be set'] : [])];
  return `seLinuxOptions (${parts.join('; ')})`;
};
const sysctls: Check = (_, spec) => {
  const bad = (spec.securityContext?.sysctls ?? []).map(s => s.name).filter(n => !SAFE_SYSCTLS.has(n));
  return bad.length > 0 ? `forbidden sysctls (${bad.join(', ')})` : undefined;
};
const hostProcess: Check = (_, spec) => {
  const isSet = [spec.securityContext, ...all(spec).map(c => c.securityContext)].some(s => s?.windowsOptions?.hostProcess);
  return isSet ? 'hostProcess (pod or containers must not set securityContext.windowsOptions.hostProcess=true)' : undefined;
};
const appArmor: Check = (_, spec) => {
  const bad = [spec.securityContext, ...all(spec).map(c => c.securityContext)].some(
    s => s?.appArmorProfile?.type === 'Unconfined',
  );
  return bad ? 'forbidden AppArmor profile (appArmorProfile.type must not be "Unconfined")' : undefined;
};

const escalation: Check = (_, spec) => {
  if (spec.os?.name === 'windows') return undefined;
  const bad = all(spec).filter(c => c.securityContext?.allowPrivilegeEscalation !== false);
  return bad.length > 0
    ? `allowPrivilegeEscalation != false (${say(bad, 'must set securityContext.allowPrivilegeEscalation=false')})`
    : undefined;
};
const restrictedCapabilities: Check = (_, spec) => {
  if (spec.os?.name === 'windows') return undefined;
  const kept = all(spec).filter(c => !c.securityContext?.capabilities?.drop?.includes('ALL'));
  const extra = (c: Container) => (c.securityContext?.capabilities?.add ?? []).filter(x => x !== 'NET_BIND_SERVICE');
  const adding = all(spec).filter(c => extra(c).length > 0);
  const parts = [
    ...(kept.length > 0 ? [say(kept, 'must set securityContext.capabilities.drop=["ALL"]')] : []),
    ...(adding.length > 0
      ? [say(adding, `must not include ${quoted(adding.flatMap(extra))} in securityContext.capabilities.add`)]
      : []),
  ];
  return parts.length > 0 ? `unrestricted capabilities (${parts.join('; ')})` : undefined;
};
const volumeTypes: Check = (_, spec) => {
  const kindOf = (v: Record<string, unknown>) => Object.keys(v).find(k => k !== 'name') ?? 'emptyDir';
  const bad = (spec.volumes ?? []).filter(v => !RESTRICTED_VOLUMES.has(kindOf(v)));
  if (bad.length === 0) return undefined;
  const kinds = new Set(bad.map(kindOf));
  return `restricted volume types (${plural(bad.length, 'volume')} ${names(bad)} ${bad.length === 1 ? 'uses' : 'use'} restricted volume ${plural(kinds.size, 'type')} ${quoted(kinds)})`;
};
const nonRoot: Check = (_, spec) => {
  const isSet = spec.securityContext?.runAsNonRoot === true;
  const refusing = all(spec).filter(c => c.securityContext?.runAsNonRoot === false);
  const open = all(spec).filter(c => c.securityContext?.runAsNonRoot === undefined);
  if (refusing.length > 0) return `runAsNonRoot != true (${say(refusing, 'must not set securityContext.runAsNonRoot=false')})`;
  if (isSet || open.length === 0) return undefined;
  return `runAsNonRoot != true (pod or ${say(open, 'must set securityContext.runAsNonRoot=true')})`;
};
const nonRootUser: Check = (_, spec) => {
  const bad = all(spec).filter(c => c.securityContext?.runAsUser === 0);
  const who = [
    ...(spec.securityContext?.runAsUser === 0 ? ['pod'] : []),
    ...(bad.length > 0 ? [`${plural(bad.length, 'container')} ${names(bad)}`] : []),
  ];
  return who.length > 0 ? `runAsUser=0 (${who.join(' and ')} must not set runAsUser=0)` : undefined;
};
const seccompRestricted: Check = (pod, spec) => {
  if (spec.os?.name === 'windows') return undefined;
  const unconfined = seccompBaseline(pod, spec);
  if (unconfined) return unconfined;
  const isFine = (s: Security | undefined) => PROFILES.has(s?.seccompProfile?.type ?? '');
  const open = all(spec).filter(
    c => !isFine(c.securityContext) && !(isFine(spec.securityContext) && c.securityContext?.seccompProfile === undefined),
  );
  return open.length > 0
    ? `seccompProfile (pod or ${say(open, 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"')})`
    : undefined;
};

const BASELINE: readonly Check[] = [
  hostNamespaces,
  privileged,
  capabilities,
  hostPath,
  hostPorts,
  appArmor,
  selinux,
  procMount,
  sysctls,
  hostProcess,
];
const RESTRICTED: readonly Check[] = [escalation, restrictedCapabilities, volumeTypes, nonRoot, nonRootUser, seccompRestricted];

/** What keeps a Pod from a standard, in upstream's order; of `latest`. @source pod-security-admission policy */
export function violations(level: Level, pod: PodLike): string[] {
  const spec = pod.spec ?? {};
  const stricter = level === 'restricted' ? RESTRICTED : [seccompBaseline];
  // A stricter check of the same thing speaks instead of the milder one.
  const milder = BASELINE.filter(c => !(level === 'restricted' && (c === capabilities || c === hostPath)));
  return [...milder, ...stricter].flatMap(check => check(pod, spec) ?? []);
}
