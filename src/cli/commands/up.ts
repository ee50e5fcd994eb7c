import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { systemClock } from '../../lib/index.ts';
import { type Command, UserError } from '../command.ts';
import { ensureDaemon } from '../detach.ts';
import type { Ports } from '../home.ts';

/** Starts the daemon and stays with it, or leaves it in the background. */
export const run: Command['run'] = async c => {
  const passed = [
    ...(c.options['port'] ? ['--port', c.options['port'] as string] : []),
    ...(c.options['fake-nodes'] ? ['--fake-nodes', c.options['fake-nodes'] as string] : []),
    ...(c.options['engine-socket'] ? ['--engine-socket', c.options['engine-socket'] as string] : []),
    ...(c.options['node-mode'] ? ['--node-mode', c.options['node-mode'] as string] : []),
  ];
  const running = c.home.daemon();
  if (running && !c.options['detach'])
    throw new UserError(
      `Skiff runs already in ${c.home.folder}: process ${running.pid}, console http://127.0.0.1:${running.ports.console}`,
    );
  if (c.options['detach']) {
    const record = await ensureDaemon(c, passed);
    if (c.options['json']) c.print(readyLine(c.home, record.ports, undefined));
    else
      c.print(
        `Skiff runs: console http://127.0.0.1:${record.ports.console} (skiff open signs a browser in), KUBECONFIG=${c.home.kubeconfig}`,
      );
    return 0;
  }
  // Compiled code is kept beside the sources, as Python does: a start then spends no time on stripping and compiling.
  enableCompileCache(join(import.meta.dirname, '../../../.cache/code'));
  const [{ startDaemon }, { DataError }] = await Promise.all([import('../daemon.ts'), import('../../data/index.ts')]);
  const daemon = await startDaemon({
    home: c.home,
    port: parsePort(c.options['port'] as string | undefined),
    fakeNodes: parseFakeNodes(c.options['fake-nodes'] as string | undefined),
    nodeMode: parseMode((c.options['node-mode'] as string | undefined) ?? c.env['SKIFF_NODE_MODE']),
    engineSocket: (c.options['engine-socket'] as string | undefined) ?? c.env['SKIFF_ENGINE_SOCKET'],
    crashAt: (c.options['crash-at'] as string | undefined) ?? c.env['SKIFF_CRASH_AT'],
    hostEnv: c.env,
  }).catch(e => Promise.reject(e instanceof DataError ? new UserError(`${e.message}. ${e.remedy}`) : e));
  if (c.options['json']) c.print(readyLine(c.home, daemon.ports, systemClock.monotonicMs()));
  else {
    c.print(`Skiff is ready after ${(systemClock.monotonicMs() / 1000).toFixed(2)} s.`);
    c.print(`  console     ${daemon.link()}`);
    c.print(`  kubectl     export KUBECONFIG=${c.home.kubeconfig}`);
    c.print(
      `  kfp         kfp.Client(host="http://127.0.0.1:${daemon.ports.console}", existing_token=open("${c.home.tokenFile}").read())`,
    );
  }
  await new Promise<void>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  await daemon.stop();
  return 0;
};

function readyLine(home: { kubeconfig: string; tokenFile: string }, ports: Ports, startupMs: number | undefined): string {
  const door = `http://127.0.0.1:${ports.console}`;
  return JSON.stringify({
    ready: true,
    console: door,
    kfp: door,
    kubernetes: `https://127.0.0.1:${ports.kubernetes}`,
    kubeconfig: home.kubeconfig,
    tokenFile: home.tokenFile,
    ports,
    ...(startupMs === undefined ? {} : { startupMs: Math.round(startupMs) }),
  });
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_531) throw new UserError(`--port ${text}: a number from 0 to 65531`, 2);
  return port;
}
function parseFakeNodes(text = '0'): number {
  if (!/^\d{1,4}$/.test(text)) throw new UserError(`--fake-nodes ${text}: a number from 0 to 9999`, 2);
  return Number(text);
}
function parseMode(text: string | undefined): 'netns' | 'plain' | undefined {
  if (text === undefined || text === 'netns' || text === 'plain') return text;
  throw new UserError(`node mode ${JSON.stringify(text)}: netns and plain are known`, 2);
}
