import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { identities, kubectlPath, Skiff } from '../lib/skiff.ts';

const MODES = ['netns', 'plain'] as const;
for (const as of identities)
  for (const mode of MODES) {
    describe(`kubectl attach -i as ${as} in mode ${mode}`, {
      skip: kubectlPath() === undefined && 'needs-package:kubectl',
    }, () => {
      let skiff: Skiff;
      before(async () => (skiff = await Skiff.start({ as, args: ['--node-mode', mode] })));
      after(() => skiff?.stop());
      function k(args: string[], input?: string): string {
        const { status, stdout, stderr } = skiff.kubectl(args, input);
        assert.equal(status, 0, `kubectl ${args.join(' ')}: ${stderr}`);
        return stdout;
      }
      const create = (name: string, container: object) => {
        const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', ...container }] };
        k(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }));
        k(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s']);
      };

      test('kubectl run -i --rm feeds a Pod until the end of the input and deletes it', () => {
        const text = Array.from({ length: 20_000 }, (_, i) => `line ${i}`).join('\n');
        const command = ['--', 'sh', '-c', 'wc -c; echo done'];
        const out = k(['run', 'once', '-i', '--rm', '--quiet', '--restart=Never', '--image=busybox', ...command], text);
        assert.match(out, new RegExp(`^${text.length}\ndone\n`));
        assert.equal(skiff.kubectl(['get', 'pod', 'once']).status, 1, 'it is deleted');
      });

      test('the input of stdinOnce ends with the first attach, also beside another container that ends', () => {
        const containers = [
          { name: 'main', image: 'busybox', command: ['cat'], stdin: true, stdinOnce: true },
          { name: 'side', image: 'busybox', command: ['true'] },
        ];
        const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'two' }, spec: { restartPolicy: 'Never', containers } };
        k(['create', '-f', '-'], JSON.stringify(object));
        k(['wait', '--for=jsonpath={.status.containerStatuses[1].state.terminated.exitCode}=0', 'pod/two', '--timeout=30s']);
        assert.equal(k(['attach', '-i', '--quiet', 'two', '-c', 'main'], 'hello\n'), 'hello\n');
        k(['wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/two', '--timeout=30s']);
      });

      test('an input without stdinOnce stays open for the next attach', () => {
        create('open', { command: ['sh', '-c', 'read a; read b; echo "$a and $b"'], stdin: true });
        // kubectl stays for the output: the first one is sent away.
        skiff.run(['timeout', '2', kubectlPath()!, 'attach', '-i', '--quiet', 'open'], { input: 'one\n' });
        assert.equal(k(['get', 'pod', 'open', '-o', 'jsonpath={.status.phase}']), 'Running');
        assert.equal(k(['attach', '-i', '--quiet', 'open'], 'two\n'), 'one and two\n');
      });

      test('a container without an input gives its output only', () => {
        create('closed', { command: ['sh', '-c', 'sleep 2; cat; echo end'] });
        const { status, stdout } = skiff.kubectl(['attach', '--quiet', 'closed']);
        assert.deepEqual([status, stdout], [0, 'end\n']);
      });
    });
  }
