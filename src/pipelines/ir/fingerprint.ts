import { sha256Hex } from '../../lib/hash.ts';
import type { Values } from '../engine/values.ts';
import type { ArtifactType, Exec, Fanout, Json, Node } from '../graph/graph.ts';

/** contracts/cache_key.proto in JSON form; empty members are left out, as protojson does. */
export type CacheKey = {
  inputArtifactNames?: Record<string, { artifactNames: string[] }>;
  inputParameterValues?: Record<string, Json>;
  outputArtifactsSpec?: Record<string, { name: string; type: ArtifactType; metadata?: Json }>;
  outputParametersSpec?: Record<string, string>;
  containerSpec: { image: string; cmdArgs?: string[]; pvcNames?: string[] };
};

/** The fingerprint of a step: of its custom key, else of everything upstream counts. */
export function fingerprint(node: Node, inputs: Values): string {
  if (node.memo?.key !== undefined) return sha256Hex(node.memo.key);
  return fingerprintOf(cacheKey(node, inputs));
}

/** @source pipelines backend/src/v2/cacheutils/cache.go GenerateFingerPrint@7b70c7b95f68: sha256 over Go's canonical JSON */
export function fingerprintOf(key: CacheKey): string {
  return sha256Hex(goJson(key));
}

/** @source pipelines backend/src/v2/cacheutils/cache.go GenerateCacheKey@7b70c7b95f68: artifact names, not contents */
export function cacheKey(node: Node, inputs: Values): CacheKey {
  const work = (node.work.kind === 'fanout' ? (node.work as Fanout).body : node.work) as Exec;
  const container = work.containers[0]!;
  const names = map(inputs.artifacts, list => ({ artifactNames: list.map(a => a.name) }));
  const artifacts = map(node.outputs.artifacts, (port, name) => ({
    name,
    type: port.type,
    ...(port.metadata ? { metadata: port.metadata } : {}),
  }));
  const parameters = map(node.outputs.parameters, port => port.type);
  const pvcNames = pvcsOf(inputs);
  return {
    ...some('inputArtifactNames', names),
    ...some('inputParameterValues', inputs.parameters),
    ...some('outputArtifactsSpec', artifacts),
    ...some('outputParametersSpec', parameters),
    containerSpec: {
      image: container.image,
      cmdArgs: [...container.command, ...container.args],
      ...(pvcNames.length > 0 ? { pvcNames } : {}),
    },
  };
}
function pvcsOf(inputs: Values): string[] {
  return Object.entries(inputs.pod ?? {})
    .filter(([name, value]) => /\.pvcMount\..*\.pvcNameParameter$/.test(name) && typeof value === 'string')
    .map(([, value]) => value as string)
    .sort();
}
function some<K extends keyof CacheKey>(name: K, record: Record<string, unknown>): Partial<CacheKey> {
  return Object.keys(record).length > 0 ? { [name]: record } : {};
}
function map<A, B>(record: Record<string, A>, to: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k, to(v, k)]));
}

const ESCAPES: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};
/** JSON as Go's encoding/json writes a map: sorted keys, HTML characters escaped. */
function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${entries.map(([k, v]) => `${goJson(k)}:${goJson(v)}`).join(',')}}`;
  }
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, c => ESCAPES[c]!);
}
