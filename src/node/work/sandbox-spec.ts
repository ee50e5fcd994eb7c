import type { Frozen } from '../../kube/index.ts';
import type { Pod } from '../agent/pod.ts';
import type { SandboxSpec } from '../runtime.ts';

const HOSTNAME_MAX = 63;

/** Host name, names and search domains of a Pod. @source kubernetes pkg/kubelet GeneratePodHostNameAndDomain (from knowledge) */
export function sandboxSpec(pod: Frozen<Pod>, clusterDomain: string, engine = false): SandboxSpec {
  const { name, namespace, uid } = pod.metadata;
  const spec = pod.spec!;
  const hostname = (spec.hostname ?? name).slice(0, HOSTNAME_MAX).replace(/[-.]+$/, '');
  const fqdn = spec.subdomain ? `${hostname}.${spec.subdomain}.${namespace}.svc.${clusterDomain}` : undefined;
  return {
    uid: uid!,
    namespace: namespace!,
    name,
    hostname: fqdn && spec.setHostnameAsFQDN ? fqdn : hostname,
    hostAliases: (spec.hostAliases ?? []).map(a => ({ ip: a.ip, names: a.hostnames ?? [] })),
    searchDomains: [
      `${namespace}.svc.${clusterDomain}`,
      `svc.${clusterDomain}`,
      clusterDomain,
      ...(spec.dnsConfig?.searches ?? []),
    ],
    hostNetwork: spec.hostNetwork ?? false,
    ownNames: fqdn ? [fqdn, hostname] : [hostname],
    ...(engine ? { engine } : {}),
  };
}
