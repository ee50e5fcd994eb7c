import { errors } from '../errors.ts';
import type { Container, Fanout, Json } from '../graph/graph.ts';
import { runtimeValue } from './runtime-value.ts';
import type { ContainerSpec, ExecutorSpec, ImporterSpec, InputParameterSpec } from './spec.ts';

/** In a Pod configuration: the value of the input parameter of this name. */
export type BoundValue = { $parameter: string };
export const isBound = (value: unknown): value is BoundValue =>
  value !== null && typeof value === 'object' && typeof (value as BoundValue).$parameter === 'string';

const STUB = /^argostub\/(createpvc|deletepvc)(?::.*)?$/;

/**
 * Lowers an executor. Input parameter references inside the platform configuration become inputs of the node, told to
 * `bind`, under names that no component can have.
 */
export function lowerExecutor(
  label: string,
  executor: ExecutorSpec,
  config: { [key: string]: Json } | undefined,
  bind: (name: string, input: InputParameterSpec) => void,
): Fanout['body'] {
  if (executor.importer) return lowerImporter(executor.importer);
  const spec = executor.container;
  if (!spec?.image) throw errors.invalid(`executor "${label}" has neither a container nor an importer`);
  const stub = STUB.exec(spec.image);
  if (stub) return { kind: 'k8s', operation: stub[1] === 'createpvc' ? 'createPvc' : 'deletePvc' };
  const pod = config ? (bindParameters(config, 'pod', bind) as { [key: string]: Json }) : undefined;
  return { kind: 'exec', label, containers: [lowerContainer(spec)], ...(pod ? { pod } : {}) };
}

function lowerImporter(importer: ImporterSpec): Fanout['body'] {
  return {
    kind: 'import',
    uri: runtimeValue(importer.artifactUri),
    type: importer.typeSchema ?? { schemaTitle: 'system.Artifact', schemaVersion: '0.0.1' },
    metadata: importer.metadata ?? {},
    reimport: importer.reimport === true,
    toWorkspace: importer.downloadToWorkspace === true,
  };
}

function lowerContainer(spec: ContainerSpec): Container {
  const resources = lowerResources(spec.resources);
  return {
    name: 'main',
    image: spec.image,
    command: spec.command ?? [],
    args: spec.args ?? [],
    env: (spec.env ?? []).map(({ name, value = '' }) => ({ name, value })),
    ...(resources ? { resources } : {}),
  };
}

/** The typed fields of old SDKs count in cores and gigabytes. */
function lowerResources(r: ContainerSpec['resources']): Container['resources'] {
  if (!r) return undefined;
  const limits: Record<string, string> = {};
  const requests: Record<string, string> = {};
  const set = (to: Record<string, string>, key: string, text: string | undefined, number: number | undefined, unit: string) => {
    if (text) to[key] = text;
    else if (number) to[key] = `${number}${unit}`;
  };
  set(limits, 'cpu', r.resourceCpuLimit, r.cpuLimit, '');
  set(limits, 'memory', r.resourceMemoryLimit, r.memoryLimit, 'G');
  set(requests, 'cpu', r.resourceCpuRequest, r.cpuRequest, '');
  set(requests, 'memory', r.resourceMemoryRequest, r.memoryRequest, 'G');
  const type = r.accelerator?.resourceType ?? r.accelerator?.type;
  const count = r.accelerator?.resourceCount ?? r.accelerator?.count;
  if (type && count !== undefined) limits[type] = String(count);
  const some = (x: Record<string, string>) => Object.keys(x).length > 0;
  if (!some(limits) && !some(requests)) return undefined;
  return { ...(some(limits) ? { limits } : {}), ...(some(requests) ? { requests } : {}) };
}

const REFERENCES = ['taskOutputParameter', 'componentInputParameter', 'runtimeValue', 'taskFinalStatus'];

/** Replaces every `…Parameter` and `…Json` reference by a `BoundValue`; the deprecated forms beside them go. */
function bindParameters(value: Json, path: string, bind: (name: string, input: InputParameterSpec) => void): Json {
  if (Array.isArray(value)) return value.map((v, i) => bindParameters(v, `${path}.${i}`, bind));
  if (value === null || typeof value !== 'object') return value;
  const result: { [key: string]: Json } = {};
  for (const [key, member] of Object.entries(value)) {
    const name = `${path}.${key}`;
    if (isReference(member)) {
      bind(name, member as InputParameterSpec);
      result[key] = { $parameter: name };
    } else if (!REFERENCES.includes(key)) result[key] = bindParameters(member, name, bind);
  }
  // pvcMount of old SDKs: the reference is spread over the message itself.
  if (path.includes('.pvcMount.') && !('pvcNameParameter' in result) && (isReference(value) || 'constant' in value)) {
    const { constant, ...reference } = value;
    bind(`${path}.pvcNameParameter`, (constant === undefined ? reference : { runtimeValue: { constant } }) as InputParameterSpec);
    result['pvcNameParameter'] = { $parameter: `${path}.pvcNameParameter` };
  }
  return result;
}
function isReference(value: Json | undefined): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && REFERENCES.some(r => r in value);
}
