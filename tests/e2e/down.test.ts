import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sha256Hex } from '../../src/lib/index.ts';
import { eventually, identities, kubectlPath, Skiff } from '../lib/skiff.ts';

const DOWN_PATIENCE_MS = 15_000;
const container = (command: string[], more: object = {}) => ({ name: 'main', image: 'busybox', command, ...more });
const pod = (name: string, spec: object, command = ['sleep', '3600']) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [container(command)], ...spec },
});
const deaf = (name: string) =>
  pod(name, { terminationGracePeriodSeconds: 2 }, ['sh', '-c', "trap '' TERM; while :; do sleep 1; done"]);
const mounted = (name: string, volumes: object[]) =>
  pod(name, {
    containers: [container(['sleep', '3600'], { volumeMounts: volumes.map((_, i) => ({ name: `v${i}`, mountPath: `/v${i}` })) })],
    volumes: volumes.map((v, i) => ({ name: `v${i}`, ...v })),
  });
const template = (restartPolicy: string, command: string[]) => ({
  metadata: { labels: { app: restartPolicy.toLowerCase() } },
  spec: { restartPolicy, containers: [container(command)] },
});

/** Twelve Pods, each in a state of its own when Skiff goes down. */
const OBJECTS = [
  pod('running-a', {}),
  pod('running-b', { restartPolicy: 'Never' }),
  pod('starting', { initContainers: [{ ...container(['sleep', '3600']), name: 'init' }] }),
  pod('pulling', { containers: [{ name: 'main', image: 'registry.example/nobody/has:this' }] }),
  pod('backing-off', {}, ['false']),
  deaf('deaf-a'),
  deaf('deaf-b'),
  mounted('with-volumes', [{ emptyDir: {} }, { emptyDir: { medium: 'Memory' } }, { configMap: { name: 'settings' } }]),
  mounted('with-claim', [{ persistentVolumeClaim: { claimName: 'data' } }]),
  pod('forking', {}, ['sh', '-c', 'sleep 3600 & setsid sleep 3600 & wait']),
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: '1' } },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  },
  { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'finished' }, spec: { template: template('Never', ['true']) } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'deployed' },
    spec: { selector: { matchLabels: { app: 'always' } }, template: template('Always', ['sleep', '3600']) },
  },
];

for (const as of identities) {
  describe(`skiff down as ${as}`, { skip: kubectlPath() === undefined && 'needs-package:kubectl' }, () => {
    test('leaves no process, link, rule, mount or socket, and the next start shows the objects', async t => {
      let skiff = await Skiff.start({ as });
      t.after(() => skiff.stop());
      const k = (...args: string[]) => {
        const { status, stdout, stderr } = skiff.kubectl(args);
        assert.equal(status, 0, `kubectl ${args.join(' ')}: ${stderr}`);
        return stdout;
      };
      const list = { apiVersion: 'v1', kind: 'List', items: OBJECTS };
      assert.equal(skiff.kubectl(['create', '-f', '-'], JSON.stringify(list)).status, 0);
      const states = await eventually('twelve Pods are in their states', () => {
        const lines = k('get', 'pods', '--no-headers').trim().split('\n');
        const seen = lines.map(line => line.split(/\s+/)[2]!).sort();
        const wanted = ['Completed', 'CrashLoopBackOff', 'ImagePullBackOff', 'Init:0/1', ...Array<string>(8).fill('Running')];
        return seen.join() === wanted.join() ? seen : undefined;
      });
      assert.equal(states.length, 12);
      const ours = processesOf(skiff);
      assert.ok(ours.size > 20, `only ${ours.size} processes were found`);

      const startMs = performance.now();
      const down = skiff.skiff('down');
      const ms = performance.now() - startMs;
      assert.equal(down.status, 0, down.stderr);
      t.diagnostic(`12 Pods down in ${ms.toFixed(0)} ms`);
      assert.ok(ms < DOWN_PATIENCE_MS, `it took ${ms} ms`);
      assert.deepEqual(remains(skiff.home, ours), []);

      skiff = await Skiff.start({ as, home: skiff.home });
      const names = k('get', 'pods', '-o', 'name').trim().split('\n');
      for (const { kind, metadata } of OBJECTS)
        if (kind === 'Pod') assert.ok(names.includes(`pod/${metadata.name}`), metadata.name);
      assert.match(k('get', 'job', 'finished', '-o', 'jsonpath={.status.succeeded}'), /^1$/);
      assert.equal(k('get', 'pod', 'running-a', '-o', 'jsonpath={.status.phase} {.status.reason}'), 'Failed Terminated');
      k('rollout', 'status', 'deployment/deployed', '--timeout=30s');
    });

    test('ends the Pods of a daemon that was killed', async t => {
      const skiff = await Skiff.start({ as });
      t.after(() => skiff.stop());
      assert.equal(skiff.kubectl(['create', '-f', '-'], JSON.stringify(pod('running', {}))).status, 0);
      assert.equal(skiff.kubectl(['wait', '--for=condition=Ready', 'pod/running', '--timeout=30s']).status, 0);
      const ours = processesOf(skiff);
      await skiff.stop({ signal: 'SIGKILL', keepHome: true });
      const { status, stdout } = skiff.skiff('down');
      assert.equal(status, 0);
      assert.match(stdout, /ended 1 Pods/);
      assert.deepEqual(remains(skiff.home, ours), []);
    });
  });
}

/** When a process started, in the kernel's ticks, and its parent; nothing of a zombie. */
function statOf(pid: string): { started: string; parent: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : { parent: fields[1]!, started: fields[19]! };
  } catch {
    return undefined;
  }
}

/** The daemon, all below it, the supervisors and all in their Pods: when each started, by number. */
function processesOf(skiff: Skiff): Map<string, string> {
  const all = readdirSync('/proc').filter(pid => /^\d+$/.test(pid));
  const stats = new Map(all.map(pid => [pid, statOf(pid)]));
  const folder = (pid: string) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      return '';
    }
  };
  const ours = new Set(all.filter(pid => pid === String(skiff.pid) || folder(pid).startsWith(join(skiff.home, '.skiff'))));
  for (let before = 0; before !== ours.size; ) {
    before = ours.size;
    for (const [pid, stat] of stats) if (stat && ours.has(stat.parent)) ours.add(pid);
  }
  return new Map([...ours].flatMap(pid => (stats.get(pid) ? [[pid, stats.get(pid)!.started]] : [])));
}

function remains(home: string, ours: ReadonlyMap<string, string>): string[] {
  const instance = sha256Hex(join(home, '.skiff/run')).slice(0, 6);
  const fabric = `sk${instance}`;
  const read = (path: string) => readFileSync(path, 'utf8').split('\n');
  const files = readdirSync(join(home, '.skiff'), { recursive: true, withFileTypes: true });
  const processes = [...ours].filter(([pid, started]) => statOf(pid)?.started === started);
  return [
    ...processes.map(([pid]) => `process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`),
    ...readdirSync('/sys/class/net')
      .filter(name => name.startsWith(fabric))
      .map(name => `link ${name}`),
    ...['', 'memory', 'cpu'].map(c => join('/sys/fs/cgroup', c, `skiff-${instance}`)).filter(group => existsSync(group)),
    ...tables().filter(line => line.includes(fabric)),
    ...read('/proc/self/mountinfo')
      .filter(line => line.includes(home))
      .map(line => `mount ${line}`),
    ...files.filter(f => f.isSocket()).map(f => `socket ${join(f.parentPath, f.name)}`),
    ...files.filter(f => f.parentPath === join(home, '.skiff/run') && f.name !== '.lock').map(f => `running ${f.name}`),
  ];
}

function tables(): string[] {
  const { stdout } = spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' });
  return (stdout ?? '').split('\n');
}
