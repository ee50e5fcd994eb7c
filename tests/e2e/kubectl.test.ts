import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assertGolden, mask } from '../lib/golden.ts';
import { eventually, identities, kubectlPath, Skiff } from '../lib/skiff.ts';

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name);
const kubectlIsThere = kubectlPath() !== undefined;

for (const as of identities) {
  describe(`kubectl 1.32 as ${as}`, { skip: !kubectlIsThere && 'needs-package:kubectl' }, () => {
    let skiff: Skiff;
    const transcript: string[] = [];
    before(async () => {
      skiff = await Skiff.start({ as });
    });
    after(() => skiff.stop());

    /** Runs kubectl, demands success and notes what it printed. */
    function k(...args: string[]): string {
      const r = skiff.kubectl(args);
      assert.equal(r.status, 0, `kubectl ${args.join(' ')}: ${r.stderr}${r.stdout}`);
      return r.stdout;
    }
    function noted(...args: string[]): string {
      const out = k(...args);
      transcript.push(`$ kubectl ${args.map(a => a.replace(`${import.meta.dirname}/`, '')).join(' ')}\n${out}`);
      return out;
    }

    test('version and api-resources', () => {
      assert.match(noted('version'), /Server Version: v1\.32/);
      const resources = k('api-resources', '--sort-by=name');
      for (const kind of ['Pod', 'Deployment', 'CustomResourceDefinition', 'Run', 'Lease', 'Role'])
        assert.match(resources, new RegExp(`\\b${kind}\\b`));
      noted('api-resources', '--api-group=apps');
    });

    test('runs a Pod, follows its log, executes in it, copies and deletes it', async () => {
      noted('apply', '-f', fixture('hello.yaml'));
      noted('wait', '--for=condition=Ready', 'pod/hello', '--timeout=30s');
      const followed = skiff.run(['timeout', '3', kubectlPath()!, 'logs', '-f', 'hello']);
      assert.equal(followed.stdout, 'line 1\nline 2\nline 3\n');
      assert.equal(k('exec', 'hello', '--', 'sh', '-c', 'echo $HOSTNAME; hostname'), 'hello\nhello\n');
      assert.equal(skiff.kubectl(['exec', 'hello', '--', 'sh', '-c', 'exit 3']).status, 3);
      assert.equal(
        skiff.run([kubectlPath()!, 'exec', '-i', 'hello', '--', 'cat'], { input: 'through and back' }).stdout,
        'through and back',
      );
      const file = join(skiff.home, 'copied.txt');
      skiff.run(['sh', '-c', `echo carried > ${file}`]);
      k('cp', file, 'hello:/tmp/copied.txt');
      assert.equal(k('exec', 'hello', '--', 'cat', '/tmp/copied.txt'), 'carried\n');
      k('cp', 'hello:/tmp/copied.txt', `${file}.back`);
      assert.equal(readFileSync(`${file}.back`, 'utf8'), 'carried\n');
      noted('get', 'pod', 'hello');
      assert.match(noted('describe', 'pod', 'hello'), /Status: +Running/);
      noted('delete', 'pod', 'hello', '--grace-period=1');
      assert.match(skiff.kubectl(['get', 'pod', 'hello']).stderr, /pods "hello" not found/);
    });

    test('a Deployment and a Service answer by name and address', async () => {
      noted('apply', '-f', fixture('web.yaml'));
      k('rollout', 'status', 'deployment/web', '--timeout=60s');
      noted('get', 'deployment,service', '-l', 'app=web');
      k('run', 'caller', '--image=python:3.11', '--restart=Never', '--command', '--', 'sleep', '600');
      k('wait', '--for=condition=Ready', 'pod/caller', '--timeout=30s');
      const get = (url: string) =>
        k('exec', 'caller', '--', 'python3', '-c', `import urllib.request as u; print(u.urlopen("${url}", timeout=5).status)`);
      const ip = k('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
      await eventually('the Service answers', () => get('http://web').trim() === '200');
      assert.equal(get(`http://${ip}`).trim(), '200');
      assert.equal(get('http://web.default.svc.cluster.local').trim(), '200');
      noted('scale', 'deployment/web', '--replicas=3');
      k('rollout', 'status', 'deployment/web', '--timeout=60s');
      noted('get', 'deployment', 'web');
      noted('delete', 'deployment/web', 'service/web', 'pod/caller', '--grace-period=1');
      await eventually('no Pod is left', () => k('get', 'pods', '-l', 'app=web', '-o', 'name') === '');
    });

    test('a CRD is usable at once, with defaults, columns, validation and watch', async () => {
      noted('create', '-f', fixture('crd.yaml'));
      noted('apply', '--server-side', '-f', fixture('boat.yaml'));
      noted('get', 'boats');
      assert.equal(k('get', 'bt', 'tern', '-o', 'jsonpath={.spec.rig} {.spec.crew} {.spec.berths[0].days}'), 'sloop 2 1');
      const bad = skiff.kubectl(['patch', 'boat', 'tern', '--type=merge', '-p', '{"spec":{"rig":"raft"}}']);
      assert.match(bad.stderr, /spec\.rig: Unsupported value: "raft": supported values: "sloop", "ketch"/);
      noted('scale', 'boat/tern', '--replicas=5');
      noted('explain', 'boat.spec');
      noted('delete', 'crd', 'boats.harbour.example');
      assert.match(
        skiff.kubectl(['get', 'boats']).stderr,
        /doesn't have a resource type "boats"|could not find the requested resource/,
      );
    });

    test('create, label, annotate, patch, diff, apply both ways, edit and delete', () => {
      noted('create', 'namespace', 'work');
      noted('-n', 'work', 'create', 'configmap', 'c', '--from-literal=a=1');
      noted('-n', 'work', 'label', 'configmap', 'c', 'tier=back');
      noted('-n', 'work', 'annotate', 'configmap', 'c', 'note=x');
      noted('-n', 'work', 'patch', 'configmap', 'c', '-p', '{"data":{"b":"2"}}');
      noted('-n', 'work', 'patch', 'configmap', 'c', '--type=json', '-p', '[{"op":"add","path":"/data/c","value":"3"}]');
      const file = join(skiff.home, 'c.yaml');
      const manifest = (a: string) =>
        writeFileSync(file, `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: d, namespace: work }\ndata: { a: "${a}" }\n`);
      manifest('1');
      noted('apply', '-f', file);
      manifest('2');
      const diff = skiff.kubectl(['diff', '-f', file]);
      assert.equal(diff.status, 1, diff.stderr);
      assert.match(diff.stdout, /-\s+a: "1"\n\+\s+a: "2"/);
      k('apply', '-f', file);
      const conflict = skiff.kubectl(
        ['apply', '--server-side', '--field-manager=other', '-f', '-'],
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d, namespace: work}\ndata: {a: "9"}\n',
      );
      assert.match(
        conflict.stderr,
        /Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: \.data\.a/,
      );
      noted('-n', 'work', 'get', 'configmap', 'c', '-o', 'yaml');
      const unknown = skiff.kubectl(
        ['apply', '-f', '-'],
        'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: b, colour: red}]}\n',
      );
      assert.match(unknown.stderr, /unknown field "spec\.containers\[0\]\.colour"/);
      noted('delete', 'namespace', 'work');
      assert.match(skiff.kubectl(['get', 'namespace', 'work']).stderr, /not found/);
    });

    test('access: can-i, tokens, and what a token may not', () => {
      assert.equal(k('auth', 'can-i', 'create', 'pods'), 'yes\n');
      noted('create', 'serviceaccount', 'reader');
      noted('create', 'role', 'read', '--verb=get,list', '--resource=pods');
      noted('create', 'rolebinding', 'read', '--role=read', '--serviceaccount=default:reader');
      const token = k('create', 'token', 'reader').trim();
      const asReader = (...args: string[]) =>
        skiff.run([
          kubectlPath()!,
          '--kubeconfig=/dev/null',
          `--server=${skiff.ready.kubernetes}`,
          '--insecure-skip-tls-verify',
          `--token=${token}`,
          ...args,
        ]);
      assert.equal(asReader('get', 'pods').status, 0);
      assert.equal(asReader('auth', 'can-i', 'delete', 'pods').stdout, 'no\n');
      assert.match(
        asReader('delete', 'pod', 'x').stderr,
        /pods "x" is forbidden: User "system:serviceaccount:default:reader" cannot delete resource "pods" in API group "" in the namespace "default"/,
      );
      assert.match(asReader('get', 'secrets').stderr, /cannot list resource "secrets"/);
    });

    test('get -w shows changes as they come', async () => {
      k('create', 'configmap', 'seen', '--from-literal=a=1');
      const watching = skiff.run([
        'sh',
        '-c',
        `timeout 4 ${kubectlPath()} get configmap seen -w -o name & sleep 1.5; ${kubectlPath()} label configmap seen x=y >/dev/null; wait`,
      ]);
      assert.equal(watching.stdout, 'configmap/seen\nconfigmap/seen\n');
    });

    test('explain knows built-in kinds', () => {
      assert.match(k('explain', 'pod.spec.containers'), /FIELD: containers <\[\]Container>/);
      assert.match(k('explain', 'deployment.spec', '--recursive'), /progressDeadlineSeconds/);
    });

    test('what was printed is what users know', () => {
      assertGolden(join(import.meta.dirname, 'goldens', 'kubectl.txt'), mask(transcript.join('\n')));
    });
  });
}
