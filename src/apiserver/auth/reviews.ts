import { errors, type Obj, type UserInfo } from '../../kube/index.ts';
import type { Authenticator } from './authn.ts';
import type { Rbac } from './rbac.ts';
import type { Attributes } from './rules.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';

export type Reviewer = { rbac: Rbac; tokens: ServiceAccountTokens; authenticator: Authenticator };
type ReviewSpec = {
  resourceAttributes?: {
    verb?: string;
    group?: string;
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
  };
  nonResourceAttributes?: { verb?: string; path?: string };
  user?: string;
  groups?: string[];
  namespace?: string;
  token?: string;
  audiences?: string[];
};

function attributes(spec: ReviewSpec): Attributes {
  const { resourceAttributes: r, nonResourceAttributes: n } = spec;
  if (r && n) throw errors.badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  if (n) return { verb: n.verb ?? '', path: n.path ?? '' };
  if (!r) throw errors.badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  const { verb = '', group = '', resource = '', subresource, namespace, name } = r;
  return {
    verb,
    group,
    resource,
    ...(subresource ? { subresource } : {}),
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
  };
}

/**
 * Answers a review: posted, judged, never stored.
 * @param user  who asks
 * @source kubernetes pkg/registry/{authorization,authentication}
 */
export async function review(r: Reviewer, body: Obj, user: UserInfo, namespace: string | undefined): Promise<Obj> {
  const spec = (body.spec ?? {}) as ReviewSpec;
  switch (body.kind) {
    case 'SelfSubjectAccessReview':
      return { ...body, status: decided(r.rbac.can(user, attributes(spec))) };
    case 'LocalSubjectAccessReview':
    case 'SubjectAccessReview': {
      const asked = attributes(spec);
      if (body.kind === 'LocalSubjectAccessReview' && (!('resource' in asked) || asked.namespace !== namespace)) {
        throw errors.badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
      }
      if (!spec.user && !spec.groups?.length) throw errors.badRequest('at least one of user or group must be specified');
      return { ...body, status: decided(r.rbac.can({ username: spec.user ?? '', groups: spec.groups ?? [] }, asked)) };
    }
    case 'SelfSubjectRulesReview': {
      if (!spec.namespace) throw errors.badRequest('no namespace on request');
      const rules = r.rbac.rulesOf(user, spec.namespace);
      const resourceRules = rules
        .filter(x => x.resources)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames ? { resourceNames } : {}),
        }));
      const nonResourceRules = rules
        .filter(x => x.nonResourceURLs)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
      return { ...body, status: { resourceRules, nonResourceRules, incomplete: false } };
    }
    case 'SelfSubjectReview':
      return { ...body, status: { userInfo: user } };
    case 'TokenReview':
      return { ...body, status: await tokenStatus(r, spec) };
    default:
      throw errors.methodNotAllowed();
  }
}

function decided(allowed: boolean): object {
  return { allowed };
}

async function tokenStatus(r: Reviewer, { token, audiences }: ReviewSpec): Promise<object> {
  if (!token) throw errors.badRequest('token is required for TokenReview in authentication');
  const verified = await r.tokens.verify(token, audiences?.length ? audiences : undefined);
  if (verified) return { authenticated: true, user: verified.user, audiences: verified.audiences };
  const owner = audiences?.length ? undefined : await r.authenticator.userOf(token);
  return owner ? { authenticated: true, user: owner } : { authenticated: false, error: 'invalid bearer token' };
}
