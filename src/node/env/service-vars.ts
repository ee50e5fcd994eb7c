import type { Frozen, Obj } from '../../kube/index.ts';

export type Service = Obj<{
  clusterIP?: string;
  ports?: { name?: string; port: number; protocol?: string; targetPort?: number | string }[];
  selector?: Record<string, string>;
}>;

/** `{SVC}_SERVICE_HOST` and docker-style link variables of the Services with an address. @source kubernetes pkg/kubelet/envvars (from knowledge) */
export function serviceVars(services: readonly Frozen<Service>[]): Record<string, string> {
  const vars: Record<string, string> = {};
  for (const { metadata, spec } of services) {
    const ip = spec?.clusterIP;
    const ports = spec?.ports ?? [];
    const first = ports[0];
    if (!ip || ip === 'None' || !first) continue;
    const name = variableName(metadata.name);
    vars[`${name}_SERVICE_HOST`] = ip;
    vars[`${name}_SERVICE_PORT`] = String(first.port);
    vars[`${name}_PORT`] = `${(first.protocol ?? 'TCP').toLowerCase()}://${ip}:${first.port}`;
    for (const p of ports) {
      if (p.name) vars[`${name}_SERVICE_PORT_${variableName(p.name)}`] = String(p.port);
      const protocol = p.protocol ?? 'TCP';
      const prefix = `${name}_PORT_${p.port}_${protocol}`;
      vars[prefix] = `${protocol.toLowerCase()}://${ip}:${p.port}`;
      vars[`${prefix}_PROTO`] = protocol.toLowerCase();
      vars[`${prefix}_PORT`] = String(p.port);
      vars[`${prefix}_ADDR`] = ip;
    }
  }
  return vars;
}
function variableName(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
}
