import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { hostIP } from './host.ts';
import { TestRuntime } from './testing.ts';

const PYTHON = '/usr/bin/python3';
const sh = (script: string) => ['/bin/sh', '-c', script];
let t: TestRuntime;

before(async () => {
  t = await TestRuntime.open();
  for (const uid of ['web1', 'web2']) {
    await t.run(uid, sh(`mkdir /tmp/w && echo ${uid} >/tmp/w/f && exec ${PYTHON} -m http.server -d /tmp/w 8080`));
    await t.run(`${uid}-low`, sh(`mkdir /tmp/w && echo ${uid} >/tmp/w/f && exec ${PYTHON} -m http.server -d /tmp/w 80`));
  }
  await t.run('client', ['/bin/sleep', '1000']);
  for (const uid of ['web1', 'web2']) await reachable(uid, 8080);
  for (const uid of ['web1-low', 'web2-low']) await reachable(uid, 80);
});
after(async () => {
  await t[Symbol.asyncDispose]();
});

const ip = (uid: string) => t.runtime.fact(uid)!.podIP!;

async function reachable(uid: string, port: number): Promise<void> {
  for (;;) {
    const socket = await t.runtime.dial(uid, port).catch(() => undefined);
    if (socket) return void socket.destroy();
    await new Promise(resolve => setImmediate(resolve));
  }
}
async function inPod(uid: string, script: string): Promise<string> {
  const session = await t.runtime.exec(uid, 'main', { argv: sh(script), stdin: false, tty: false });
  const [out, err, { exitCode }] = await Promise.all([text(session.stdout!), text(session.stderr!), session.exit]);
  return exitCode === 0 ? out.trim() : `exit ${exitCode}: ${out}${err}`.trim();
}
const curl = (url: string) => `curl -sS -m 3 ${url}`;

test('two servers on 0.0.0.0:8080 answer at their own addresses', async () => {
  assert.equal(await inPod('client', curl(`http://${ip('web1')}:8080/f`)), 'web1');
  assert.equal(await inPod('client', curl(`http://${ip('web2')}:8080/f`)), 'web2');
});

test('port 80 is free to every Pod', async () => {
  assert.equal(await inPod('client', curl(`http://${ip('web1-low')}/f`)), 'web1');
});

test('localhost is the Pod alone', async () => {
  assert.equal(await inPod('web2', curl('http://localhost:8080/f')), 'web2');
  assert.match(await inPod('client', curl('http://localhost:8080/f')), /^exit 7/);
});

test('a virtual address reaches all its endpoints, from the endpoint itself too, and refuses without any', async () => {
  const endpoints = ['web1', 'web2'].map(uid => ({ ip: ip(uid), port: 8080 }));
  await t.runtime.setServices([
    { ip: '10.96.1.1', port: 80, protocol: 'TCP', endpoints },
    { ip: '10.96.1.2', port: 80, protocol: 'TCP', endpoints: endpoints.slice(0, 1) },
    { ip: '10.96.1.3', port: 80, protocol: 'TCP', endpoints: [] },
  ]);
  const answers = await inPod('client', `for i in $(seq 40); do ${curl('http://10.96.1.1/f')}; done`);
  assert.deepEqual([...new Set(answers.split('\n'))].sort(), ['web1', 'web2']);
  assert.equal(await inPod('web1', curl('http://10.96.1.2/f')), 'web1');
  assert.match(await inPod('client', curl('http://10.96.1.3/f')), /^exit 7/);
});

test('a port of the daemon appears at the gateway and behind a virtual address', async c => {
  const socketPath = path.join(t.home, 'door.sock');
  const door = createServer((_request, response) => response.end('door'));
  c.after(() => {
    door.close();
    door.closeAllConnections();
  });
  await new Promise<void>(resolve => door.listen(socketPath, resolve));
  await t.runtime.exposeToPods([{ port: 6443, socketPath }]);
  const endpoints = [{ ip: t.runtime.info.gatewayIP, port: 6443 }];
  await t.runtime.setServices([{ ip: '10.96.0.1', port: 443, protocol: 'TCP', endpoints }]);
  assert.equal(await inPod('client', curl(`http://${t.runtime.info.gatewayIP}:6443/`)), 'door');
  assert.equal(await inPod('client', curl('http://10.96.0.1:443/')), 'door');
});

test('names are answered by the daemon; unknown ones of the cluster do not exist', async () => {
  t.runtime.setNames(name => (name === 'web.test.svc.cluster.local' ? [ip('web1')] : undefined));
  const resolve = (name: string) => `${PYTHON} -c 'import socket,sys; print(socket.gethostbyname(sys.argv[1]))' ${name}`;
  assert.equal(await inPod('client', resolve('web.test.svc.cluster.local')), ip('web1'));
  assert.match(await inPod('client', resolve('none.test.svc.cluster.local')), /Name or service not known/);
});

test('UDP passes between Pods', async () => {
  const server = `import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 9000)); print("up", flush=True)
while True: d,a=s.recvfrom(99); s.sendto(d.upper(), a)`;
  const echo = await t.runtime.exec('web1', 'main', { argv: [PYTHON, '-c', server], stdin: false, tty: false });
  await new Promise(resolve => echo.stdout!.once('data', resolve));
  const ask = `import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3); s.sendto(b"hi", ("${ip('web1')}", 9000)); print(s.recv(99).decode())`;
  assert.equal(await inPod('client', `${PYTHON} -c '${ask}'`), 'HI');
  echo.kill();
});

test('Pods reach the host by its address, but not its loopback', async c => {
  if (/not the outside/.test(t.runtime.info.isolation.message)) return c.skip(t.runtime.info.isolation.message);
  const server = createTcpServer(socket => socket.end('outside'));
  await new Promise<void>(resolve => server.listen(0, hostIP(), resolve));
  const local = createTcpServer(socket => socket.end('loopback'));
  await new Promise<void>(resolve => local.listen(0, '127.0.0.1', resolve));
  c.after(() => {
    server.close();
    local.close();
  });
  const port = (s: typeof server) => (s.address() as AddressInfo).port;
  const read = (address: string, p: number) =>
    `${PYTHON} -c 'import socket; print(socket.create_connection(("${address}", ${p}), 3).recv(99).decode())'`;
  assert.equal(await inPod('client', read(hostIP(), port(server))), 'outside');
  assert.match(await inPod('client', read('127.0.0.1', port(local))), /refused/);
  assert.match(await inPod('client', read(t.runtime.info.gatewayIP, port(local))), /refused/);
});

test('the host dials a port, also one that listens on the loopback of the Pod', async () => {
  await inPod('client', `(${PYTHON} -m http.server --bind 127.0.0.1 8099 >/dev/null 2>&1 &) ; true`);
  await reachable('client', 8099);
  for (const [uid, port] of [
    ['web2', 8080],
    ['client', 8099],
  ] as const) {
    const socket = await t.runtime.dial(uid, port);
    socket.end('GET / HTTP/1.0\r\n\r\n');
    assert.match(await text(socket), /^HTTP\/1.0 200 OK/);
  }
  await assert.rejects(t.runtime.dial('client', 1), /DialFailed|could not be reached/);
});

test('two Skiffs on one host take different ranges', async () => {
  await using other = await TestRuntime.open();
  await other.run('web1', ['/bin/sleep', '1000']);
  if (process.getuid!() === 0) assert.notEqual(other.runtime.info.podCIDR, t.runtime.info.podCIDR);
  assert.equal(await inPod('client', curl(`http://${ip('web1')}:8080/f`)), 'web1');
});

test('Open MPI sums over two Pods with no network variable', async c => {
  const program = path.join(t.home, 'mpi', 'sum');
  await mkdir(path.dirname(program), { recursive: true });
  const source = `#include <mpi.h>
#include <stdio.h>
int main(int c,char**v){int r,s=0,x;MPI_Init(&c,&v);MPI_Comm_rank(MPI_COMM_WORLD,&r);x=r+1;
MPI_Allreduce(&x,&s,1,MPI_INT,MPI_SUM,MPI_COMM_WORLD);printf("sum %d\\n",s);MPI_Finalize();return 0;}`;
  const compiler = spawnSync('mpicc.openmpi', ['-x', 'c', '-', '-o', program], { input: source });
  if (compiler.error || compiler.status !== 0) return c.skip('no Open MPI compiler here');
  // The agent asks for a command by a file in a shared volume; the node (this test) starts it in the Pod named.
  const agent =
    '#!/bin/sh\nid=$$; h=$1; shift; echo "$*" >/mpi/$id.$h.tmp; mv /mpi/$id.$h.tmp /mpi/$id.$h.ask\nwhile [ ! -e /mpi/$id.end ]; do sleep 0.01; done\n';
  await writeFile(path.join(t.home, 'mpi', 'agent'), agent, { mode: 0o755 });
  await writeFile(path.join(t.home, 'mpi', 'hosts'), 'mpi1 slots=1\nmpi2 slots=1\n');
  const mounts = [{ kind: 'bind', source: path.dirname(program), target: '/mpi', readOnly: false, idmap: true } as const];
  const worker = (uid: string, aliases: { ip: string; names: string[] }[]) =>
    t.run(uid, ['/bin/sleep', '1000'], { mounts }, { hostAliases: aliases });
  await worker('mpi1', []);
  await worker('mpi2', [{ ip: ip('mpi1'), names: ['mpi1'] }]);
  await t.running('mpi1');
  await t.running('mpi2');
  const env = Object.entries({
    OMPI_ALLOW_RUN_AS_ROOT: '1',
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
    OMPI_MCA_rmaps_base_oversubscribe: '1',
    OMPI_MCA_hwloc_base_binding_policy: 'none',
    OMPI_MCA_plm_rsh_agent: '/mpi/agent',
    OMPI_MCA_plm_rsh_no_tree_spawn: '1',
  }).map(([name, value]) => ({ name, value }));
  const aliases = ['mpi1', 'mpi2'].map(uid => ({ ip: ip(uid), names: [uid] }));
  const argv = ['mpirun.openmpi', '-np', '2', '--hostfile', '/mpi/hosts', '/mpi/sum'];
  await t.run('launcher', argv, { mounts, env }, { hostAliases: aliases });
  const asked = new Set<string>();
  const done = t.exited('launcher').then(fact => ({ fact }));
  for (;;) {
    for (const name of await readdir(path.dirname(program))) {
      const [, id, host] = /^(\d+)\.(\w+)\.ask$/.exec(name) ?? [];
      if (!id || !host || asked.has(name)) continue;
      asked.add(name);
      const session = await t.runtime.exec(host, 'main', {
        argv: sh(`sh /mpi/${name}; touch /mpi/${id}.end`),
        stdin: false,
        tty: false,
      });
      session.stdout!.resume();
      session.stderr!.resume();
    }
    const ended = await Promise.race([done, new Promise<undefined>(resolve => setImmediate(resolve, undefined))]);
    if (!ended) continue;
    const output = await readFile(t.logPath('launcher'), 'utf8');
    assert.equal(ended.fact.exitCode, 0, output);
    assert.equal(output.match(/sum 3/g)?.length, 2);
    return;
  }
});

test('a Pod gives the host no new address, at which browsers would drop their connections', {
  skip: process.getuid?.() !== 0 && 'as a user the Pods are not in the host network',
}, async () => {
  const route = spawnSync('ip', ['route', 'get', ip('client')], { encoding: 'utf8' }).stdout;
  const link = / dev (\S+)/.exec(route)?.[1];
  assert.ok(link, route);
  assert.equal(spawnSync('ip', ['-o', 'address', 'show', 'dev', link], { encoding: 'utf8' }).stdout, '');
});
