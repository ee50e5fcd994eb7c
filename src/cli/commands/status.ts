import type { Command } from '../command.ts';
import { DoorClient } from '../door-client.ts';

type Session = { user: string; version: string; startedAt: string; memoryBytes: number; mode: string };
type Node = {
  metadata: { name: string };
  status: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
};

/** One glance: ports, memory, node mode and the sentence on isolation. Exit code 3 when nothing runs. */
export const run: Command['run'] = async c => {
  const daemon = c.home.daemon();
  if (!daemon) {
    c.print(
      c.options['json'] ? JSON.stringify({ running: false, home: c.home.folder }) : `Skiff does not run in ${c.home.folder}.`,
    );
    return 3;
  }
  const door = DoorClient.of(c.home);
  const [session, nodes] = await Promise.all([
    door.json<Session>('/console/api/session'),
    door.json<{ items: Node[] }>('/k8s/api/v1/nodes'),
  ]);
  const conditions = nodes.items[0]?.status.conditions ?? [];
  const isolation = conditions.find(x => x.type === 'PodIsolation');
  if (c.options['json']) {
    c.print(JSON.stringify({ running: true, home: c.home.folder, pid: daemon.pid, ports: daemon.ports, ...session, isolation }));
    return 0;
  }
  const { ports } = daemon;
  c.print(
    `Skiff ${session.version}, process ${daemon.pid}, up since ${session.startedAt}, ${(session.memoryBytes / 2 ** 20).toFixed(0)} MiB`,
  );
  c.print(`console     http://127.0.0.1:${ports.console}   (skiff open prints a link that signs in)`);
  c.print(`kubernetes  https://127.0.0.1:${ports.kubernetes}   KUBECONFIG=${c.home.kubeconfig}`);
  c.print(
    `node        mode ${session.mode}; isolation ${isolation?.status ?? 'unknown'}: ${isolation?.message ?? 'the node has not reported yet'}`,
  );
  for (const x of conditions.filter(x => x.type === 'Ready' && x.status !== 'True'))
    c.print(`not ready   ${x.reason}: ${x.message}`);
  return 0;
};
