import type { ServiceRule } from '../runtime.ts';

export type FabricRules = {
  /** Name of our nft table; interfaces of Pods begin with it. */
  table: string;
  podCIDR: string;
  serviceCIDR: string;
  gatewayIP: string;
  /** Port at the gateway, as Pods know it, to the port that listens. */
  exposed: ReadonlyMap<number, number>;
  dns?: { ip: string; udpPort: number; tcpPort?: number };
  services: readonly ServiceRule[];
};

/** The whole nft table as one transaction: VIPs, the way out, the gateway's ports. Replaces the one before. */
export function nftRules(rules: FabricRules): string {
  const { table, podCIDR, serviceCIDR, gatewayIP } = rules;
  const nat: string[] = [];
  const pins = new Set<string>();
  const endpointOf = (endpoint: { ip: string; port: number }, protocol: string) => {
    const port =
      endpoint.ip === gatewayIP && protocol === 'tcp' ? (rules.exposed.get(endpoint.port) ?? endpoint.port) : endpoint.port;
    // A Pod that reaches itself through a VIP must see the answer come from the VIP's side.
    if (endpoint.ip !== gatewayIP) pins.add(endpoint.ip);
    return `${endpoint.ip} . ${port}`;
  };
  for (const [port, listens] of rules.exposed)
    nat.push(`ip daddr ${gatewayIP} tcp dport ${port} dnat to ${gatewayIP}:${listens}`);
  if (rules.dns) {
    nat.push(`ip daddr ${rules.dns.ip} udp dport 53 dnat to ${gatewayIP}:${rules.dns.udpPort}`);
    if (rules.dns.tcpPort) nat.push(`ip daddr ${rules.dns.ip} tcp dport 53 dnat to ${gatewayIP}:${rules.dns.tcpPort}`);
  }
  for (const service of rules.services) {
    if (service.endpoints.length === 0) continue;
    const protocol = service.protocol.toLowerCase();
    const targets = service.endpoints.map((endpoint, i) => `${i} : ${endpointOf(endpoint, protocol)}`);
    const choice = `dnat ip addr . port to numgen random mod ${targets.length} map { ${targets.join(', ')} }`;
    nat.push(`ip daddr ${service.ip} ${protocol} dport ${service.port} ${choice}`);
  }
  const hairpin = [...pins].map(ip => `ip saddr ${ip} ip daddr ${ip} ct status dnat masquerade`);
  const chain = (head: string, lines: readonly string[]) => ` ${head}\n${lines.map(line => `  ${line}\n`).join('')} }\n`;
  const ours = `iifname "${table}p*"`;
  return [
    `table ip ${table} {}\ndelete table ip ${table}\ntable ip ${table} {\n`,
    chain(
      'chain nat { type nat hook prerouting priority dstnat; policy accept;',
      nat.map(rule => `${ours} ${rule}`),
    ),
    chain('chain out { type nat hook postrouting priority srcnat; policy accept;', [
      ...hairpin,
      `ip saddr ${podCIDR} ip daddr != ${podCIDR} oifname != "lo" masquerade`,
    ]),
    // A VIP without endpoints refuses at once, and never leaves for a real network of that range.
    chain('chain pass { type filter hook forward priority filter; policy accept;', [`${ours} ip daddr ${serviceCIDR} reject`]),
    '}\n',
  ].join('');
}
