import { type Frozen, type ModuleEnv, StatusError } from '../../../kube/index.ts';
import type { Route, RouteAnswer, RouteRequest } from '../../../net/index.ts';
import type { NodeRow } from '../../api/node.ts';
import type { Run } from '../../api/run.ts';
import { LOG_BUCKET, logKey } from '../../effects/step-log.ts';
import { apiErrors, plainErrorAnswer } from '../errors.ts';
import { taskIdOf } from './message.ts';
import { nodesOf } from './routes.ts';
import { runById } from './writes.ts';

/**
 * Logs of a node of a run: live from its Pod, afterwards the kept copy.
 * `?follow=true` stays until the container ends; `?attempt=n` asks for another attempt than the last.
 * @source pipelines backend/src/apiserver/server/run_log_server.go@7b70c7b95f68
 */
export function logRoutes(env: ModuleEnv): Route[] {
  return ['v1alpha1', 'v2beta1'].map(version => ({
    method: 'GET',
    path: `/apis/${version}/runs/:run_id/nodes/:node_id/log`,
    onError: plainErrorAnswer,
    async handle(r): Promise<RouteAnswer> {
      const run = await runById(env, r, r.params['run_id']!);
      const node = findNode(run.metadata.uid!, await nodesOf(env, run.metadata.uid!), r.params['node_id']!);
      const headers = {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-cache, private',
        'x-content-type-options': 'nosniff',
      };
      return { headers, body: await readLog(env, r, run, node) };
    },
  }));
}

/** A node by its address, its task id, or the name of one of its Pods. @throws ApiError 404 */
export function findNode(runId: string, nodes: readonly NodeRow[], id: string): NodeRow {
  const node = nodes.find(n => n.id === id || taskIdOf(runId, n.id) === id || n.attempts.some(a => a.pod === id));
  if (!node) throw apiErrors.notFound('Node', `${id} of run ${runId}`);
  return node;
}

async function readLog(env: ModuleEnv, r: RouteRequest, run: Frozen<Run>, node: NodeRow): Promise<AsyncIterable<Uint8Array>> {
  const asked = r.query.get('attempt');
  const attempt = asked === null ? node.attempts.at(-1) : node.attempts.find(a => String(a.number) === asked);
  if (!attempt?.pod) throw apiErrors.noLog(noLogReason(node));
  const pod = { apiVersion: 'v1', kind: 'Pod', namespace: run.metadata.namespace!, name: attempt.pod };
  try {
    return await r.client.log(pod, { container: 'main', follow: r.query.get('follow') === 'true' }, r.signal);
  } catch (e) {
    const code = e instanceof StatusError ? e.code : 0;
    // The Pod is gone (404), or its node has no log of it any more (400).
    if (code !== 404 && code !== 400 && code < 500) throw e;
    const kept = await keptLog(env, run.metadata.uid!, node, attempt.number);
    if (kept) return kept;
    throw code === 404 ? apiErrors.noLog(`There is no log of Pod ${attempt.pod}: it is gone and no copy was kept`) : e;
  }
}

async function keptLog(
  env: ModuleEnv,
  runId: string,
  node: NodeRow,
  attempt: number,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const copy = await env.blobs.stat(LOG_BUCKET, logKey(runId, node.id, attempt));
  // Upstream's launcher stores its log as an output artifact, if told so.
  const sha256 = copy?.sha256 ?? node.outputs.artifacts.find(a => a.name === LOG_BUCKET)?.sha256;
  return sha256 === undefined ? undefined : await env.blobs.open(sha256);
}

function noLogReason(node: NodeRow): string {
  const why =
    node.state === 'Cached'
      ? 'it was served from the cache'
      : node.kind === 'task'
        ? 'it has not started'
        : 'it runs no container';
  return `There is no log of node ${node.id || 'root'}: ${why}`;
}
