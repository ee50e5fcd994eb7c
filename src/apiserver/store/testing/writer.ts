// A process that writes until it is killed, and says what was acknowledged.
import { join } from 'node:path';
import { silentLogger, systemClock, systemIds } from '../../../lib/index.ts';
import { Store } from '../store.ts';

const store = new Store({
  path: join(process.argv[2]!, 'kube.db'),
  clock: systemClock,
  ids: systemIds,
  log: silentLogger,
  masterKey: new Uint8Array(32),
});
const pods = store.resource({ group: '', plural: 'pods', historyMs: 1e9, encrypted: false, indexed: [], fields: () => ({}) });
let acknowledged = 0;
for (let writer = 0; writer < 8; writer++) {
  void (async () => {
    for (let n = 0; ; n++) {
      const name = `p-${writer}-${n}`;
      await store.write(tx =>
        tx.insert(pods, `a/${name}`, { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'a', uid: name } }),
      );
      process.stdout.write(`${++acknowledged}\n`);
    }
  })();
}
