import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually, kubectlPath, NOBODY, Skiff } from '../lib/skiff.ts';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);
const IMAGE = 'localhost/skiff-test/tool:1';
const CONTAINERFILE = `FROM scratch
COPY busybox /bin/busybox
ENV GREETING=hello
ENTRYPOINT ["/bin/busybox"]
CMD ["sh", "-c", "echo $GREETING from $0"]
`;

/** Podman of an ordinary user: own home, own storage, its API at a socket, stopped and removed at the end. */
class Podman {
  readonly folder = mkdtempSync(join(tmpdir(), 'skiff-podman-'));
  readonly socketPath = join(this.folder, 'podman.sock');
  #service: ChildProcess | undefined;

  command(...args: string[]): string[] {
    const user = process.getuid!() === 0 ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
    return [...user, 'podman', '--runtime=runc', '--cgroup-manager=cgroupfs', ...args];
  }
  run(...args: string[]): { status: number | null; output: string } {
    const [file, ...rest] = this.command(...args);
    const done = spawnSync(file!, rest, { env: this.#env, cwd: this.folder, encoding: 'utf8', timeout: 120_000 });
    return { status: done.status, output: `${done.stdout}${done.stderr}${done.error ?? ''}` };
  }
  /** Why it cannot run here; undefined when the image is built and the socket open. */
  async start(): Promise<string | undefined> {
    mkdirSync(join(this.folder, 'run'), { mode: 0o700 });
    writeFileSync(join(this.folder, 'Containerfile'), CONTAINERFILE);
    copyFileSync(BUSYBOX!, join(this.folder, 'busybox'));
    if (process.getuid!() === 0)
      for (const path of ['', ...readdirSync(this.folder)]) chownSync(join(this.folder, path), NOBODY, NOBODY);
    const built = this.run('build', '--tag', IMAGE, '.');
    if (built.status !== 0) return `podman cannot build here: ${built.output}`;
    const tried = this.run('run', '--rm', '--network=host', '--ulimit=nofile=1024:1024', '--ulimit=nproc=1000:1000', IMAGE);
    if (tried.status !== 0) return `podman cannot run here: ${tried.output}`;
    const [file, ...rest] = this.command('system', 'service', '--time=0', `unix://${this.socketPath}`);
    this.#service = spawn(file!, rest, { env: this.#env, cwd: this.folder, stdio: 'ignore' });
    await eventually('the socket of podman', () => existsSync(this.socketPath));
    return undefined;
  }
  async stop(): Promise<void> {
    this.run('rm', '--all', '--force', '--time=0');
    if (this.#service && this.#service.exitCode === null) {
      const ended = new Promise(resolve => this.#service!.once('exit', resolve));
      this.#service.kill();
      await ended;
    }
    this.run('unshare', 'rm', '-rf', join(this.folder, '.local'));
    this.run('system', 'migrate'); // ends the process that holds its namespaces
    for (const pid of watchersBelow(this.folder)) process.kill(pid);
    rmSync(this.folder, { recursive: true, force: true });
  }
  get #env() {
    return { ...process.env, HOME: this.folder, XDG_RUNTIME_DIR: join(this.folder, 'run') };
  }
}

/** Podman keeps the watcher of an ended exec for five minutes; it names its files in its arguments. */
function watchersBelow(folder: string): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  const argumentsOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    } catch {
      return []; // it has ended meanwhile
    }
  };
  return pids
    .map(pid => ({ pid: Number(pid), argv: argumentsOf(pid) }))
    .filter(p => p.argv[0]?.endsWith('conmon') && p.argv.some(a => a.startsWith(folder)))
    .map(p => p.pid);
}

async function podmanOf(t: TestContext): Promise<Podman | undefined> {
  const missing = !BUSYBOX ? 'busybox-static' : spawnSync('podman', ['--version']).status !== 0 ? 'podman' : undefined;
  if (missing || !kubectlPath()) return void t.skip(`needs-package:${missing ?? 'kubectl'}`);
  const podman = new Podman();
  t.after(() => podman.stop());
  const reason = await podman.start();
  return reason ? void t.skip(reason) : podman;
}

function pod(name: string, container: object, more: object = {}): string {
  const main = { name: 'main', image: IMAGE, imagePullPolicy: 'Never', ...container };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { restartPolicy: 'Never', containers: [main], ...more },
  });
}

test('podman: Pods of unknown images run, log, mount, answer exec and outlive the daemon', async t => {
  const podman = await podmanOf(t);
  if (!podman) return;
  const args = ['--engine-socket', podman.socketPath];
  let skiff = await Skiff.start({ as: 'user', args });
  t.after(() => skiff.stop());
  const apply = (object: string) => assert.equal(skiff.kubectl(['apply', '-f', '-'], object).status, 0);
  const get = (name: string, path: string) => skiff.kubectl(['get', 'pod', name, '-o', `jsonpath={${path}}`]).stdout;
  const wait = (name: string, what: string) => {
    const done = skiff.kubectl(['wait', `pod/${name}`, `--for=${what}`, '--timeout=40s']);
    assert.equal(done.status, 0, `${done.stderr}${skiff.kubectl(['describe', 'pod', name]).stdout}`);
  };

  await t.test('the image brings entry point, command and variables', () => {
    apply(pod('plain', {}));
    wait('plain', 'jsonpath={.status.phase}=Succeeded');
    assert.equal(skiff.kubectl(['logs', 'plain']).stdout, 'hello from sh\n');
    assert.match(get('plain', '.status.containerStatuses[0].imageID'), /sha256|[0-9a-f]{64}/);
  });
  await t.test('volumes, variables, exit code and termination message', () => {
    skiff.kubectl(['create', 'configmap', 'settings', '--from-literal=key=value']);
    const script = 'echo $(cat /etc/settings/key) $NAME; echo why >/dev/termination-log; exit 7';
    const container = {
      args: ['sh', '-c', script],
      env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      volumeMounts: [{ name: 'v', mountPath: '/etc/settings' }],
    };
    apply(pod('failing', container, { volumes: [{ name: 'v', configMap: { name: 'settings' } }] }));
    wait('failing', 'jsonpath={.status.phase}=Failed');
    const terminated = JSON.parse(get('failing', '.status.containerStatuses[0].state.terminated')) as Record<string, unknown>;
    assert.deepEqual([terminated['exitCode'], terminated['reason'], terminated['message']], [7, 'Error', 'why\n']);
    assert.equal(skiff.kubectl(['logs', 'failing']).stdout, 'value failing\n');
  });
  await t.test('exec, probes, a restart of the daemon and deletion', async () => {
    const probe = { exec: { command: ['/bin/busybox', 'test', '-e', '/tmp/up'] }, periodSeconds: 1 };
    const script = 'mkdir -p /tmp; touch /tmp/up; trap "exit 0" TERM; while :; do sleep 0.2; done';
    apply(pod('serving', { args: ['sh', '-c', script], readinessProbe: probe }));
    wait('serving', 'condition=Ready');
    const exec = skiff.kubectl(['exec', 'serving', '--', '/bin/busybox', 'sh', '-c', 'echo in; echo err >&2; exit 3']);
    assert.deepEqual([exec.status, exec.stdout], [3, 'in\n']);
    const id = get('serving', '.status.containerStatuses[0].containerID');
    const { home } = skiff;
    await skiff.stop({ signal: 'SIGKILL', keepHome: true });
    skiff = await Skiff.start({ as: 'user', args, home });
    wait('serving', 'condition=Ready');
    assert.equal(get('serving', '.status.containerStatuses[0].containerID'), id);
    assert.equal(get('serving', '.status.containerStatuses[0].restartCount'), '0');
    assert.equal(skiff.kubectl(['delete', 'pod', '--all', '--timeout=40s']).status, 0);
    assert.equal(podman.run('ps', '--all', '--quiet').output.trim(), '');
  });
  await t.test('an image that is not there waits with its policy as the reason', () => {
    apply(pod('absent', { image: 'localhost/skiff-test/absent:1' }));
    wait('absent', 'jsonpath={.status.containerStatuses[0].state.waiting.reason}=ErrImageNeverPull');
  });
});
