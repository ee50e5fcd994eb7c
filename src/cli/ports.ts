import { createServer } from 'node:net';
import { UserError } from './command.ts';
import type { Ports } from './home.ts';
import { portOwner } from './port-owner.ts';

const DEFAULTS: Ports = { console: 8080, kubernetes: 6443, kfpGrpc: 8887, mlmdGrpc: 8889, s3: 9000 };

/**
 * The ports of this start: the defaults, N to N+4, or five free ones for 0.
 * @throws UserError naming the owner of a taken one.
 */
export async function choosePorts(port: number | undefined): Promise<Ports> {
  if (port === 0) {
    const free = await freePorts(5);
    return { console: free[0]!, kubernetes: free[1]!, kfpGrpc: free[2]!, mlmdGrpc: free[3]!, s3: free[4]! };
  }
  const ports =
    port === undefined ? DEFAULTS : { console: port, kubernetes: port + 1, kfpGrpc: port + 2, mlmdGrpc: port + 3, s3: port + 4 };
  for (const served of [ports.console, ports.kubernetes])
    if (!(await isFree(served)))
      throw new UserError(
        `port ${served} is taken by ${portOwner(served)}; choose others with: skiff up --port N (0 picks free ones)`,
      );
  return ports;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<ReturnType<typeof createServer>>(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
    }),
  );
  const ports = servers.map(s => (s.address() as { port: number }).port);
  await Promise.all(servers.map(s => new Promise(resolve => s.close(resolve))));
  return ports;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise(resolve => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
