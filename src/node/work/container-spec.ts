import { type Frozen, parseQuantity } from '../../kube/index.ts';
import type { Container, Pod } from '../agent/pod.ts';
import { containerEnv } from '../env/container-env.ts';
import { expand } from '../env/expand.ts';
import type { NodeFacts } from '../env/fields.ts';
import { commandLine, type ResolvedImage } from '../images/catalogue.ts';
import type { ObjectReader } from '../objects.ts';
import type { ContainerSpec, MountSpec } from '../runtime.ts';
import { containerLogPath } from '../streams/log-path.ts';
import { volumeMounts } from '../volumes/mounts.ts';
import type { VolumeSource } from '../volumes/volumes.ts';

/** What an image adds besides its command: a Python environment, small files. */
export type Provision = { mounts: readonly MountSpec[]; env: Readonly<Record<string, string>>; pathDirs: readonly string[] };
export type SpecContext = {
  home: string;
  pod: Frozen<Pod>;
  reader: ObjectReader;
  node: NodeFacts;
  sources: ReadonlyMap<string, VolumeSource>;
  /** Variables of the host and of Services. */
  hostEnv: Readonly<Record<string, string>>;
  serviceEnv: Readonly<Record<string, string>>;
  hostname: string;
  /** The Pod is run by the host's container engine. */
  engine: boolean;
};
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const DEFAULT_MESSAGE_PATH = '/dev/termination-log';

/** Everything the runtime must know to run one attempt of a container. @throws NotStartable */
export async function containerSpec(
  c: SpecContext,
  container: Frozen<Container>,
  attempt: number,
  image: ResolvedImage,
  provision: Provision,
): Promise<ContainerSpec> {
  const { entry } = image;
  const security = { ...c.pod.spec!.securityContext, ...container.securityContext };
  const base: Record<string, string> = {
    PATH: [...provision.pathDirs, SYSTEM_PATH].join(':'),
    HOSTNAME: c.hostname,
    HOME: security.runAsUser ? '/' : '/root',
    ...(c.engine ? {} : c.hostEnv), // its files are not in a real image
    ...c.serviceEnv,
    ...provision.env,
    ...entry.env,
    ...(container.tty ? { TERM: 'xterm' } : {}),
  };
  const values = await containerEnv(c.pod, container, base, c.reader, c.node);
  const mounts = await volumeMounts(container, c.sources, values);
  const argv = commandLine(container.image ?? '', entry, container.command, container.args);
  const { name, namespace, uid } = c.pod.metadata;
  const memoryBytes = parseQuantity(container.resources?.limits?.['memory']);
  const cpuMillis = parseQuantity(container.resources?.limits?.['cpu']) * 1000;
  return {
    name: container.name,
    attempt,
    ...(c.engine ? { image: container.image! } : {}),
    argv: argv.map(a => expand(a, v => values.get(v))),
    env: [...values].map(([key, value]) => ({ name: key, value })),
    workingDir: container.workingDir ?? entry.workingDir ?? '/',
    mounts: [...provision.mounts, ...mounts],
    ...(security.runAsUser === undefined ? {} : { runAsUser: security.runAsUser }),
    ...(security.runAsGroup === undefined ? {} : { runAsGroup: security.runAsGroup }),
    readOnlyRoot: container.securityContext?.readOnlyRootFilesystem ?? false,
    stdin: container.stdin ?? false,
    tty: container.tty ?? false,
    logPath: containerLogPath(c.home, { name, namespace: namespace!, uid: uid! }, container.name, attempt),
    terminationMessagePath: container.terminationMessagePath ?? DEFAULT_MESSAGE_PATH,
    limits: { ...(memoryBytes ? { memoryBytes } : {}), ...(cpuMillis ? { cpuMillis: Math.round(cpuMillis) } : {}) },
  };
}
