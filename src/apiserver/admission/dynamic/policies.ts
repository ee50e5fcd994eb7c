import {
  type AdmissionRequest,
  errors,
  type Frozen,
  type Gvk,
  type LabelSelector,
  type Obj,
  selectorOf,
} from '../../../kube/index.ts';
import type { Registry } from '../../registry/registry.ts';
import type { ResourceDef } from '../../registry/resource.ts';
import type { Find } from '../admission.ts';
import { canOf, cel, inVersion, requestOf, type UserCan } from './conditions.ts';
import type { Condition, Values, Variables } from './expressions.ts';
import { type Match, matchedVersion, namespaceOf, type ResourceRule, selects, type Version } from './match.ts';

type MatchResources = Omit<Match, 'rules' | 'excludeRules'> & {
  resourceRules?: readonly ResourceRule[];
  excludeResourceRules?: readonly ResourceRule[];
};
type Validation = { expression: string; message?: string; messageExpression?: string; reason?: string };
export type PolicySpec = {
  paramKind?: { apiVersion: string; kind: string };
  matchConstraints?: MatchResources;
  matchConditions?: readonly Condition[];
  validations?: readonly Validation[];
  auditAnnotations?: readonly { key: string; valueExpression: string }[];
  variables?: readonly Condition[];
  failurePolicy?: 'Fail' | 'Ignore';
};
type ParamRef = { name?: string; namespace?: string; selector?: Frozen<LabelSelector>; parameterNotFoundAction?: string };
type BindingSpec = {
  policyName: string;
  paramRef?: ParamRef;
  matchResources?: MatchResources;
  validationActions?: readonly string[];
};
type Bound = { policy: string; spec: PolicySpec; binding: string; bind: BindingSpec };
type Failure = { message: string; reason?: string };

export type PoliciesOptions = { registry: Registry; find: Find; can: UserCan };
const EXEMPT_GROUPS = new Set(['authentication.k8s.io', 'authorization.k8s.io']);
const EXEMPT_KINDS = /^admissionregistration\.k8s\.io\/v1\/(?:Validating|Mutating)AdmissionPolicy(?:Binding)?$/;

const matchOf = (m: MatchResources | undefined): Match =>
  m
    ? {
        ...m,
        ...(m.resourceRules ? { rules: m.resourceRules } : {}),
        ...(m.excludeResourceRules ? { excludeRules: m.excludeResourceRules } : {}),
      }
    : {};

/**
 * ValidatingAdmissionPolicies and their bindings.
 * @source apiserver pkg/admission/plugin/policy/validating@24a394e516bf
 */
export class Policies {
  readonly #o: PoliciesOptions;
  #bound: readonly Bound[] = [];
  constructor(o: PoliciesOptions) {
    this.#o = o;
  }

  /** Reads policies and bindings anew: at the start, and when one of them changed. A policy without a binding does nothing. */
  refresh(): void {
    const all = (kind: string) => this.#o.find(`admissionregistration.k8s.io/v1/${kind}` as Gvk, {});
    const policies = new Map(all('ValidatingAdmissionPolicy').map(p => [p.metadata.name, p.spec as unknown as PolicySpec]));
    this.#bound = all('ValidatingAdmissionPolicyBinding').flatMap(b => {
      const bind = b.spec as unknown as BindingSpec;
      const spec = policies.get(bind.policyName);
      return spec ? [{ policy: bind.policyName, spec, binding: b.metadata.name, bind }] : [];
    });
  }

  /** @throws StatusError of the first denial */
  validate(r: AdmissionRequest, def: ResourceDef, warnings: string[]): void {
    if (this.#bound.length === 0 || EXEMPT_GROUPS.has(def.group) || EXEMPT_KINDS.test(r.gvk)) return;
    for (const bound of this.#bound) {
      const version = this.#version(bound, r, def);
      if (!version) continue;
      for (const failure of this.#failures(bound, r, def, version)) this.#act(bound, failure, r, def, warnings);
    }
  }

  #act(
    { policy, binding, bind }: Bound,
    { message, reason = 'Invalid' }: Failure,
    r: AdmissionRequest,
    def: ResourceDef,
    warnings: string[],
  ): void {
    const actions = bind.validationActions ?? ['Deny'];
    if (actions.includes('Warn'))
      warnings.push(`Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${binding}': ${message}`);
    if (!actions.includes('Deny')) return;
    const text = `ValidatingAdmissionPolicy '${policy}' with binding '${binding}' denied request: ${message}`;
    const { status } = errors.forbidden(def, r.name, text);
    throw errors.failure(CODES[reason] ?? 422, reason, status.message!, {
      ...status.details,
      causes: [{ message: text }],
    } as never);
  }

  #version({ spec, bind }: Bound, r: AdmissionRequest, def: ResourceDef): Version | undefined {
    const { find, registry } = this.#o;
    const constraints = matchOf(spec.matchConstraints);
    const more = matchOf(bind.matchResources);
    const others = () =>
      [...(registry.groups.get(def.group)?.values() ?? [])].flatMap(resources => (def.custom && resources.get(def.plural)) || []);
    const version = matchedVersion(constraints, r, def, others);
    if (!version || !selects(constraints, r, find)) return undefined;
    return bind.matchResources && !(matchedVersion(more, r, def, others) && selects(more, r, find)) ? undefined : version;
  }

  #failures(bound: Bound, r: AdmissionRequest, def: ResourceDef, version: Version): Failure[] {
    const { spec } = bound;
    const isTolerant = spec.failurePolicy === 'Ignore';
    const params = this.#params(bound, r);
    if ('failure' in params) return isTolerant ? [] : [{ message: params.failure }];
    const request = requestOf(r, def, version, '');
    const objects = { object: inVersion(r.object, version), oldObject: inVersion(r.oldObject, version) };
    const known: Variables = { ...objects, request, namespaceObject: namespaceOf(r, this.#o.find) };
    const can = canOf(this.#o.can, r.user);
    return params.found.flatMap(p => {
      const plain = cel().valuesOf({ ...known, params: p }, can);
      const values = cel().withVariables(plain, spec.variables ?? []);
      const { holds, failure } = cel().conditionsHold(spec.matchConditions ?? [], values);
      if (failure) return isTolerant ? [] : [{ message: failure }];
      return holds ? (spec.validations ?? []).flatMap(v => judged(v, values, isTolerant) ?? []) : [];
    });
  }

  /** The objects that a binding gives to its policy: one null when it takes none. */
  #params({ spec, bind }: Bound, r: AdmissionRequest): { found: readonly (Frozen<Obj> | null)[] } | { failure: string } {
    const { paramKind } = spec;
    const ref = bind.paramRef;
    if (!paramKind || !ref) return { found: [null] };
    const gvk = `${paramKind.apiVersion}/${paramKind.kind}` as Gvk;
    const def = this.#o.registry.ofKind(gvk);
    if (!def) return { failure: `failed to configure policy: failed to find resource referenced by paramKind: '${gvk}'` };
    const namespace = def.namespaced ? (ref.namespace ?? r.namespace) : undefined;
    const where = namespace ? { namespace } : {};
    const found = ref.name
      ? this.#o.find(gvk, { ...paramKind, ...where, name: ref.name })
      : this.#o.find(gvk, where).filter(p => selectorOf(ref.selector)?.matches(p.metadata.labels));
    if (found.length > 0 || ref.parameterNotFoundAction === 'Allow') return { found };
    return { failure: 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction' };
  }
}
const CODES: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

function judged(v: Validation, values: Values, isTolerant: boolean): Failure | undefined {
  const { condition, evaluate, isEvaluationError, message } = cel();
  try {
    if (evaluate(condition(v.expression), values) === true) return undefined;
  } catch (e) {
    if (!isEvaluationError(e)) throw e;
    return isTolerant ? undefined : { message: `expression '${v.expression}' resulted in error: ${e.message}` };
  }
  const reason = v.reason ? { reason: v.reason } : {};
  const fallback = v.message?.trim() || `failed expression: ${v.expression.trim()}`;
  if (!v.messageExpression) return { message: fallback, ...reason };
  try {
    const text = String(evaluate(message(v.messageExpression), values)).trim();
    return { message: text && !/[\r\n]/.test(text) ? text : fallback, ...reason };
  } catch (e) {
    if (!isEvaluationError(e)) throw e;
    return { message: fallback, ...reason };
  }
}
