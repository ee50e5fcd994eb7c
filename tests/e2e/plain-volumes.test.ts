import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { identities, kubectlPath, Skiff } from '../lib/skiff.ts';

const skip = kubectlPath() === undefined && 'needs-package:kubectl';
for (const as of identities) {
  describe(`volumes in plain mode as ${as}`, { skip }, () => {
    let skiff: Skiff;
    before(async () => {
      skiff = await Skiff.start({ as, env: { SKIFF_NODE_MODE: 'plain' } });
      mkdirSync(join(skiff.home, 'host'), { mode: 0o777 });
      writeFileSync(join(skiff.home, 'host/file'), 'of the host');
      create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { file: 'of a ConfigMap' } });
      create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'word' }, stringData: { file: 'of a Secret' } });
      create({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
      });
    });
    after(() => skiff?.stop());
    function create(object: object): void {
      const { status, stderr } = skiff.kubectl(['create', '-f', '-'], JSON.stringify(object));
      assert.equal(status, 0, stderr);
    }
    /** The log of a Pod that runs a script over one volume at `/deep/in/here`, and its outcome. */
    function run(name: string, volume: object, script: string, mount: object = {}): string {
      const volumeMounts = [{ name: 'v', mountPath: '/deep/in/here', ...mount }];
      const containers = [{ name: 'main', image: 'busybox', command: ['sh', '-c', script], volumeMounts }];
      const spec = { restartPolicy: 'Never', containers, volumes: [{ name: 'v', ...volume }] };
      create({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { is: name } }, spec });
      const ended = '--for=jsonpath={.status.containerStatuses[0].state.terminated}';
      assert.equal(skiff.kubectl(['wait', ended, `pod/${name}`, '--timeout=30s']).status, 0);
      return skiff.kubectl(['logs', name]).stdout;
    }
    const read = 'cat /deep/in/here/file';
    const write = 'echo mine > /deep/in/here/file && cat /deep/in/here/file';

    for (const [name, volume, script, said, mount] of [
      ['empty-dir', { emptyDir: {} }, write, 'mine\n'],
      ['memory', { emptyDir: { medium: 'Memory' } }, write, 'mine\n'],
      ['config-map', { configMap: { name: 'settings' } }, read, 'of a ConfigMap'],
      ['one-key', { configMap: { name: 'settings' } }, 'cat /deep/in/here', 'of a ConfigMap', { subPath: 'file' }],
      ['secret', { secret: { secretName: 'word' } }, read, 'of a Secret'],
      ['downward', { downwardAPI: { items: [{ path: 'file', fieldRef: { fieldPath: 'metadata.name' } }] } }, read, 'downward'],
      ['projected', { projected: { sources: [{ secret: { name: 'word' } }] } }, read, 'of a Secret'],
      ['claim', { persistentVolumeClaim: { claimName: 'data' } }, write, 'mine\n'],
      ['host-path', { hostPath: { path: '@HOST@' } }, read, 'of the host'],
      ['token', { emptyDir: {} }, 'head -c 2 /var/run/secrets/kubernetes.io/serviceaccount/token', 'ey'],
    ] as [string, object, string, string, object?][])
      test(name, () => {
        const here = JSON.parse(JSON.stringify(volume).replace('@HOST@', join(skiff.home, 'host')));
        assert.equal(run(name, here, script, mount), said);
      });
  });
}
