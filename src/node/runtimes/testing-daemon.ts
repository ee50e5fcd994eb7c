/** A daemon for crash tests, forked: starts one Pod when told to, kills itself at the named point. */
import { TestRuntime } from './testing.ts';

process.once('message', async (order: { home: string; uid: string; script: string; point?: string }) => {
  const t = await TestRuntime.open({
    home: order.home,
    ...(order.point ? { onPoint: name => void (name === order.point && process.kill(process.pid, 'SIGKILL')) } : {}),
  });
  await t.run(order.uid, ['/bin/sh', '-c', order.script]);
  await t.running(order.uid);
  process.send!(t.runtime.fact(order.uid));
});
