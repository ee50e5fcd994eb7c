import type { Readable } from 'node:stream';
import type { Blob } from '../../data/types.ts';
import type { ModuleEnv } from '../../kube/index.ts';
import { type Artifact, artifactById, lineageOf, listArtifacts } from '../../metadata/index.ts';
import type { Route, RouteAnswer, RouteRequest } from '../../net/index.ts';
import { authorize, listScope, splitVerb } from './access.ts';
import { apiErrors, errorAnswer, plainErrorAnswer, within } from './errors.ts';
import { findNode } from './runs/logs.ts';
import { nodesOf } from './runs/routes.ts';
import { runById } from './runs/writes.ts';
import { compact, timestamp } from './wire/message.ts';

const SCHEMES: Record<string, string> = { minio: 'minio', s3: 's3', gcs: 'gs' };
const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 200;

/** Contents and records of artifacts. */
export function artifactRoutes(env: ModuleEnv): Route[] {
  return [...contentRoutes(env), ...recordRoutes(env)];
}

/** Bytes: as the UI asks for them, and as an output of a node. @source pipelines frontend/server/handlers/artifacts.ts@7b70c7b95f68 */
function contentRoutes(env: ModuleEnv): Route[] {
  const onError = plainErrorAnswer;
  return [
    {
      method: 'GET',
      path: '/artifacts/get',
      onError,
      async handle(r) {
        const [source, bucket, key] = ['source', 'bucket', 'key'].map(name => r.query.get(name) ?? '');
        const blob = await readableBlob(env, r, source!, bucket!, key!);
        const peek = Number(r.query.get('peek') ?? 0);
        return contentAnswer(await open(env, blob, peek > 0 ? Math.trunc(peek) : undefined), typeOf(key!));
      },
    },
    {
      method: 'GET',
      path: '/artifacts/:source/:bucket/*',
      onError,
      async handle(r) {
        const { source, bucket, '*': key } = r.params;
        const blob = await readableBlob(env, r, source!, bucket!, key!);
        const fileName = key!.split('/').at(-1)!;
        return contentAnswer(await open(env, blob), 'application/octet-stream', fileName);
      },
    },
    {
      method: 'GET',
      path: '/apis/v2beta1/runs/:run_id/nodes/:node_id/artifacts/:nameAndVerb',
      onError,
      async handle(r) {
        const { id: name, verb } = splitVerb(r.params['nameAndVerb']!);
        if (verb !== 'read') throw apiErrors.unknownPath();
        const runId = (await runById(env, r, r.params['run_id']!)).metadata.uid!;
        const node = findNode(runId, await nodesOf(env, runId), r.params['node_id']!);
        const artifact = node.outputs.artifacts.find(a => a.name === name);
        if (!artifact?.sha256) throw apiErrors.notFound('Artifact', `${name} of node ${node.id}`);
        return {
          headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' },
          body: base64Json(await env.blobs.open(artifact.sha256)),
        };
      },
    },
  ];
}

/** Records, as upstream plans them, and their lineage. @source pipelines proposals/12147-mlmd-removal/protos/artifacts.proto@7b70c7b95f68 */
function recordRoutes(env: ModuleEnv): Route[] {
  const onError = errorAnswer;
  const find = async (r: RouteRequest) => {
    const id = r.params['artifact_id']!;
    const artifact = /^\d{1,15}$/.test(id) ? await artifactById(env.ledger, id) : undefined;
    if (!artifact) throw apiErrors.notFound('Artifact', id);
    await authorize(r, 'get', 'runs', artifact.namespace);
    return artifact;
  };
  return [
    {
      method: 'GET',
      path: '/apis/v2beta1/artifacts',
      onError,
      handle: r =>
        within('Failed to list artifacts', async () => {
          const { namespace } = await listScope(r, 'runs');
          const size = Math.min(parseCount(r.query.get('page_size')) || DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
          const beforeId = r.query.get('page_token') || undefined;
          if (beforeId !== undefined && !/^\d{1,15}$/.test(beforeId))
            throw apiErrors.invalidInputBecause('Invalid page token', 'it is no artifact id');
          const found = await listArtifacts(env.ledger, {
            limit: size + 1,
            ...(namespace ? { namespace } : {}),
            ...(beforeId ? { beforeId } : {}),
          });
          const artifacts = found.slice(0, size).map(artifactMessage);
          return { json: compact({ artifacts, next_page_token: found.length > size ? found[size - 1]!.artifactId : '' }) };
        }),
    },
    {
      method: 'GET',
      path: '/apis/v2beta1/artifacts/:artifact_id',
      onError,
      handle: r => within('Failed to get an artifact', async () => ({ json: artifactMessage(await find(r)) })),
    },
    {
      method: 'GET',
      path: '/console/api/artifacts/:artifact_id/lineage',
      onError,
      handle: r =>
        within('Failed to get the lineage of an artifact', async () => {
          const { artifactId } = await find(r);
          const [up, down] = await Promise.all([
            lineageOf(env.ledger, artifactId, 'up'),
            lineageOf(env.ledger, artifactId, 'down'),
          ]);
          return { json: { artifactId, up, down } };
        }),
    },
  ];
}

/** Finds stored bytes that the caller may see: those of a namespace whose runs he may see; unrecorded ones, if he may see all. */
async function readableBlob(env: ModuleEnv, r: RouteRequest, source: string, bucket: string, key: string): Promise<Blob> {
  const scheme = Object.hasOwn(SCHEMES, source) ? SCHEMES[source]! : undefined;
  if (!scheme) throw apiErrors.invalidInput(`Unknown storage source: ${JSON.stringify(source)}; minio, s3 and gcs are kept here`);
  if (bucket === '') throw apiErrors.invalidInput('Storage bucket is missing from artifact request');
  if (key === '') throw apiErrors.invalidInput('Storage key is missing from artifact request');
  await authorize(r, 'get', 'runs', await ownerOf(env, `${scheme}://${bucket}`, key));
  const blob = await env.blobs.stat(bucket, key);
  if (!blob) throw apiErrors.notFound('Artifact', `${scheme}://${bucket}/${key}`);
  return blob;
}

/**
 * The namespace that an artifact belongs to: the first that recorded it, so that importing it elsewhere gives and takes
 * nothing. Files of a folder belong to the artifact that is the folder.
 */
async function ownerOf(env: ModuleEnv, root: string, key: string): Promise<string | undefined> {
  const parts = key.split('/');
  const uris = parts.map((_, i) => `${root}/${parts.slice(0, i + 1).join('/')}`);
  const [first] = await env.ledger.all<{ namespace: string }>(
    'SELECT namespace FROM metadata_artifact WHERE uri IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT 1',
    [JSON.stringify(uris)],
  );
  return first?.namespace;
}

async function open(env: ModuleEnv, blob: Blob, firstBytes?: number): Promise<Readable> {
  return await env.blobs.open(blob.sha256, firstBytes === undefined ? undefined : { start: 0, end: firstBytes - 1 });
}

const IMAGES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
};
/** Images as such, everything else as text: the console looks into it itself. */
function typeOf(key: string): string {
  const ending = key.slice(key.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(IMAGES, ending) ? IMAGES[ending]! : 'text/plain; charset=utf-8';
}

/** Bytes of users, in the origin of the console: never to be run as a page. */
function contentAnswer(body: Readable, type: string, fileName?: string): RouteAnswer {
  const attachment =
    fileName === undefined ? {} : { 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}` };
  return {
    headers: { 'content-type': type, 'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox', ...attachment },
    body,
  };
}

/** `{"data": "<base64>"}` without holding all of it. */
async function* base64Json(bytes: Readable): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{"data":"');
  let rest = Buffer.alloc(0);
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const all = Buffer.concat([rest, chunk]);
    const whole = all.byteLength - (all.byteLength % 3);
    yield Buffer.from(all.toString('base64', 0, whole));
    rest = all.subarray(whole);
  }
  yield Buffer.from(`${rest.toString('base64')}"}`);
}

function artifactMessage(a: Artifact): Record<string, unknown> {
  return {
    ...compact({
      artifact_id: a.artifactId,
      name: a.name,
      type: a.type.replace(/^system\./, ''),
      uri: a.uri,
      metadata: a.metadata,
      namespace: a.namespace,
    }),
    created_at: timestamp(a.createdAt),
  };
}

function parseCount(text: string | null): number {
  if (!text) return 0;
  if (!/^\d+$/.test(text)) throw apiErrors.malformed(`parsing field "page_size": ${JSON.stringify(text)} is no number`);
  return Number(text);
}
