import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerSpec, SandboxSpec } from '../../runtime.ts';
import { createBody } from './body.ts';

const pod: SandboxSpec = {
  uid: 'u1',
  namespace: 'ns',
  name: 'p',
  hostname: 'p',
  hostAliases: [{ ip: '10.1.2.3', names: ['db', 'db.local'] }],
  searchDomains: [],
  hostNetwork: false,
  ownNames: ['p'],
  engine: true,
};
const spec: ContainerSpec = {
  name: 'main',
  attempt: 2,
  image: 'example.com/tool:1',
  argv: ['/tool', 'run'],
  env: [{ name: 'A', value: 'b=c' }],
  workingDir: '/w',
  mounts: [
    { kind: 'bind', source: '/v', target: '/data', readOnly: true, idmap: true },
    { kind: 'bind', source: '/dev/nvidia0', target: '/dev/nvidia0', readOnly: false, idmap: false },
    { kind: 'tmpfs', target: '/quick', sizeBytes: 1024 },
  ],
  runAsUser: 1000,
  runAsGroup: 2000,
  readOnlyRoot: true,
  stdin: false,
  tty: false,
  logPath: '/l',
  terminationMessagePath: '/dev/termination-log',
  limits: { memoryBytes: 1 << 20, cpuMillis: 1500 },
};
const paths = { home: '/h', files: new Map([['/dev/termination-log', '/h/m']]), sourceOf: (m: { source: string }) => m.source };

test('says to the engine all that a container has', () => {
  assert.deepEqual(createBody(pod, spec, paths, []), {
    Image: 'example.com/tool:1',
    Entrypoint: ['/tool', 'run'],
    Cmd: [],
    Env: ['A=b=c'],
    WorkingDir: '/w',
    User: '1000:2000',
    OpenStdin: false,
    Tty: false,
    Labels: { 'skiff.home': '/h', 'skiff.pod': 'u1', 'skiff.container': 'main', 'skiff.attempt': '2' },
    HostConfig: {
      NetworkMode: 'host',
      Binds: ['/h/m:/dev/termination-log', '/v:/data:ro'],
      Tmpfs: { '/quick': 'size=1024' },
      Devices: [{ PathOnHost: '/dev/nvidia0', PathInContainer: '/dev/nvidia0', CgroupPermissions: 'rwm' }],
      ExtraHosts: ['db:10.1.2.3', 'db.local:10.1.2.3'],
      ReadonlyRootfs: true,
      SecurityOpt: ['no-new-privileges'],
      Ulimits: [],
      Memory: 1 << 20,
      NanoCpus: 1_500_000_000,
    },
  });
});

test('leaves user and limits to the image and the engine where the Pod says nothing', () => {
  const { runAsUser: _, runAsGroup: __, ...rest } = spec;
  const body = createBody(pod, { ...rest, limits: {} }, paths, []) as Record<string, object>;
  assert.ok(!('User' in body));
  assert.deepEqual(
    ['Memory', 'NanoCpus'].filter(k => k in body['HostConfig']!),
    [],
  );
});
