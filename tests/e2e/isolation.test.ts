import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, identities, kubectlPath, Skiff } from '../lib/skiff.ts';

/** Opens the path given first, writes the text given second, keeps it open a while and reads it back: no shell, no rewriting. */
const WRITER = `
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char back[64] = {0};
  mkdir("/tmp/kfp", 0777); mkdir("/tmp/kfp/outputs", 0777);
  int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || write(fd, argv[2], strlen(argv[2])) < 0) { perror("write"); return 1; }
  sleep(2);
  pread(fd, back, sizeof back - 1, 0);
  puts(back);
  return 0;
}`;

for (const as of identities) {
  describe(`Pods keep to themselves as ${as}`, { skip: kubectlPath() === undefined && 'needs-package:kubectl' }, () => {
    let skiff: Skiff;
    before(async () => {
      skiff = await Skiff.start({ as });
      k('run', 'a', '--image=python:3.11', '--restart=Never', '--command', '--', 'sleep', '600');
      k('run', 'b', '--image=python:3.11', '--restart=Never', '--command', '--', 'sleep', '600');
      k('wait', '--for=condition=Ready', 'pod/a', 'pod/b', '--timeout=30s');
    });
    after(() => skiff.stop());
    function k(...args: string[]): string {
      const r = skiff.kubectl(args);
      assert.equal(r.status, 0, `kubectl ${args.join(' ')}: ${r.stderr}`);
      return r.stdout;
    }
    const inPod = (pod: string, ...command: string[]) => skiff.kubectl(['exec', pod, '--', ...command]);
    const python = (pod: string, code: string) => inPod(pod, 'python3', '-c', code);

    test('two Pods write different /tmp/kfp/outputs/x at once', () => {
      const source = join(skiff.home, 'writer.c');
      writeFileSync(source, WRITER);
      const binary = join(skiff.home, 'writer');
      assert.equal(skiff.run(['cc', '-static', '-o', binary, source]).status, 0);
      for (const pod of ['a', 'b']) k('cp', binary, `${pod}:/tmp/writer`);
      const both = skiff.run([
        'sh',
        '-c',
        `${['a', 'b'].map(p => `${kubectlPath()} exec ${p} -- /tmp/writer /tmp/kfp/outputs/x from-${p} &`).join(' ')} wait`,
      ]);
      assert.deepEqual(both.stdout.trim().split('\n').sort(), ['from-a', 'from-b'], both.stderr);
    });

    test('two Pods listen on port 8080 and both answer at their own address and Service', async () => {
      for (const name of ['one', 'two']) {
        k(
          'run',
          name,
          '--image=python:3.11',
          '--restart=Never',
          '--labels',
          `who=${name}`,
          '--command',
          '--',
          'sh',
          '-c',
          `mkdir /tmp/w && echo ${name} > /tmp/w/index.html && exec python3 -m http.server 8080 -d /tmp/w`,
        );
        k('expose', 'pod', name, '--port=8080');
      }
      k('wait', '--for=condition=Ready', 'pod/one', 'pod/two', '--timeout=30s');
      for (const name of ['one', 'two']) {
        const ip = k('get', 'pod', name, '-o', 'jsonpath={.status.podIP}');
        for (const host of [ip, name])
          await eventually(
            `${name} answers at ${host}`,
            () =>
              python(
                'a',
                `import urllib.request as u; print(u.urlopen("http://${host}:8080", timeout=3).read().decode())`,
              ).stdout.trim() === name,
          );
      }
      assert.notEqual(
        python('a', 'import socket; socket.create_connection(("127.0.0.1", 8080), 2)').status,
        0,
        'localhost is private',
      );
    });

    test('without a token the doors answer 401, with a foreign Host 403', () => {
      const status = (url: string, headers = '{}') =>
        python(
          'a',
          `import urllib.request as u, urllib.error as e, ssl\ntry: print(u.urlopen(u.Request("${url}", headers=${headers}), timeout=5, context=ssl._create_unverified_context()).status)\nexcept e.HTTPError as x: print(x.code)`,
        ).stdout.trim();
      assert.equal(status('http://ml-pipeline.kubeflow:8888/apis/v2beta1/runs'), '401');
      assert.equal(status('http://ml-pipeline.kubeflow:8888/apis/v2beta1/runs', '{"Host":"evil.example"}'), '403');
      assert.match(status('https://kubernetes.default/api/v1/namespaces/default/secrets'), /^40[13]$/);
    });

    test('the service account token of a Pod opens what its role allows, no more', () => {
      const call = (path: string) =>
        python(
          'a',
          `import urllib.request as u, urllib.error as e, ssl\nd="/var/run/secrets/kubernetes.io/serviceaccount/"\nr=u.Request("https://kubernetes.default${path}", headers={"Authorization":"Bearer "+open(d+"token").read()})\ntry: print(u.urlopen(r, timeout=5, context=ssl.create_default_context(cafile=d+"ca.crt")).status)\nexcept e.HTTPError as x: print(x.code)`,
        );
      assert.equal(call('/version').stdout.trim(), '200', call('/version').stderr);
      assert.equal(call('/api/v1/namespaces/default/secrets').stdout.trim(), '403');
    });

    test('home, keys and other Pods are out of sight, also in exec', () => {
      for (const path of [join(skiff.home, '.skiff/token'), join(skiff.home, '.skiff/kube.db'), '/root/.ssh', '/etc/shadow'])
        assert.equal(inPod('a', 'cat', path).stdout, '', `${path} is readable`);
      const processes = inPod('a', 'sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "').stdout;
      assert.doesNotMatch(processes, /main\.ts|skiff up/, 'the daemon is visible');
      assert.notEqual(inPod('a', 'unshare', '-U', 'true').status, 0, 'a nested user namespace was allowed');
      assert.notEqual(inPod('a', 'mount', '-t', 'tmpfs', 'x', '/mnt').status, 0, 'a mount was allowed');
    });
  });
}
