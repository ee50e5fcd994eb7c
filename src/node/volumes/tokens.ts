import type { Client, Frozen, Obj } from '../../kube/index.ts';
import type { Pod } from '../agent/pod.ts';
import type { TokenRequest } from './payload.ts';

type TokenAnswer = Obj<unknown, { token: string; expirationTimestamp: string }>;

/** Asks for a token of the Pod's service account, bound to the Pod: it dies with it. */
export async function requestToken(client: Client, pod: Frozen<Pod>, r: TokenRequest): Promise<string> {
  const { name, namespace, uid } = pod.metadata;
  const answer = await client.write<TokenAnswer>({
    verb: 'post',
    subresource: 'token',
    ref: { apiVersion: 'v1', kind: 'ServiceAccount', name: pod.spec!.serviceAccountName ?? 'default', namespace: namespace! },
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(r.audience ? { audiences: [r.audience] } : {}),
        expirationSeconds: r.expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
  });
  return answer.status!.token;
}

/** How long until the tokens of a Pod want a refresh, in ms: 80 % of the shortest life. Undefined without tokens. */
export function tokenRefreshMs(pod: Frozen<Pod>): number | undefined {
  const lives = (pod.spec!.volumes ?? []).flatMap(v =>
    (v.projected?.sources ?? []).flatMap(s => (s.serviceAccountToken ? [s.serviceAccountToken.expirationSeconds ?? 3600] : [])),
  );
  return lives.length > 0 ? Math.min(...lives) * 800 : undefined;
}
