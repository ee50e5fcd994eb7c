import {
  type AdmissionRequest,
  deepFreeze,
  errors,
  type Gvk,
  jsonEqual,
  jsonPatch,
  type Obj,
  type StatusError,
} from '../../../kube/index.ts';
import type { Ids } from '../../../lib/ids.ts';
import type { Registry } from '../../registry/registry.ts';
import type { ResourceDef } from '../../registry/resource.ts';
import type { Find } from '../admission.ts';
import { canOf, cel, inVersion, requestOf, type UserCan } from './conditions.ts';
import type { Condition, Variables } from './expressions.ts';
import { type Match, matchedVersion, namespaceOf, selects, type Version } from './match.ts';

/** Where a webhook is. */
export type ClientConfig = {
  url?: string;
  service?: { name: string; namespace: string; path?: string; port?: number };
  caBundle?: string;
};
export type Webhook = Match & {
  name: string;
  clientConfig: ClientConfig;
  failurePolicy: 'Fail' | 'Ignore';
  sideEffects: string;
  timeoutSeconds: number;
  reinvocationPolicy?: string;
  matchConditions?: readonly Condition[];
  admissionReviewVersions: readonly string[];
};
/** Sends a review to a webhook and gives its answer. Rejects with what went wrong. */
export type Post = (client: ClientConfig, review: object, timeoutMs: number) => Promise<unknown>;
type Answer = {
  uid?: string;
  allowed?: boolean;
  status?: { message?: string; reason?: string; code?: number };
  patch?: string;
  patchType?: string;
  warnings?: readonly string[];
};

const CONFIGURATIONS = { Mutating: 'MutatingWebhookConfiguration', Validating: 'ValidatingWebhookConfiguration' } as const;
type Phase = keyof typeof CONFIGURATIONS;
/** Nobody stands between an administrator and the webhooks themselves. */
const EXEMPT_GROUPS = new Set(['admissionregistration.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io']);

export type WebhooksOptions = { registry: Registry; find: Find; ids: Ids; post: Post; can: UserCan };

/**
 * The webhooks that are configured, and what they say to a write.
 * @source apiserver pkg/admission/plugin/webhook/{generic,mutating,validating}@24a394e516bf
 */
export class Webhooks {
  readonly #o: WebhooksOptions;
  readonly #hooks: Record<Phase, readonly Webhook[]> = { Mutating: [], Validating: [] };
  constructor(o: WebhooksOptions) {
    this.#o = o;
  }

  /** Reads the configurations anew: at the start, and when one of them changed. */
  refresh(): void {
    for (const phase of ['Mutating', 'Validating'] as const) {
      type Configuration = Obj & { webhooks?: readonly Webhook[] };
      const found = this.#o.find<Configuration>(`admissionregistration.k8s.io/v1/${CONFIGURATIONS[phase]}` as Gvk, {});
      const sorted = [...found].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
      this.#hooks[phase] = sorted.flatMap(c => (c.webhooks ?? []) as readonly Webhook[]);
    }
  }

  /** Nothing is configured: writes need not ask. */
  get isIdle(): boolean {
    return this.#hooks.Mutating.length === 0 && this.#hooks.Validating.length === 0;
  }

  /** Whether any webhook of a phase may be meant: one look at a list, empty when none is configured. */
  concern(phase: Phase, r: AdmissionRequest, def: ResourceDef): boolean {
    const hooks = this.#hooks[phase];
    if (hooks.length === 0 || EXEMPT_GROUPS.has(def.group)) return false;
    return hooks.some(hook => this.#version(hook, r, def) !== undefined);
  }

  /** The object after all mutating webhooks, in order. `settle` decodes what a patch made. @throws StatusError */
  async mutate(r: AdmissionRequest, def: ResourceDef, settle: (o: Obj) => Obj, warnings: string[]): Promise<Obj | undefined> {
    let object = r.object as Obj | undefined;
    const seen = new Map<Webhook, Obj | undefined>();
    const run = async (hook: Webhook) => {
      const request = object ? { ...r, object: deepFreeze(object) } : r;
      const answer = await this.#ask(hook, request, def, warnings);
      if (answer?.patch && object) object = settle(this.#patched(hook, object, answer));
      seen.set(hook, object);
    };
    for (const hook of this.#hooks.Mutating) await run(hook);
    // Who wants to know is asked once more when others changed what it had seen.
    for (const hook of this.#hooks.Mutating)
      if (hook.reinvocationPolicy === 'IfNeeded' && !jsonEqual(seen.get(hook), object)) await run(hook);
    return object;
  }

  /** All validating webhooks at once; the first refusal in their order counts. @throws StatusError */
  async validate(r: AdmissionRequest, def: ResourceDef, warnings: string[]): Promise<void> {
    const outcomes = await Promise.allSettled(this.#hooks.Validating.map(hook => this.#ask(hook, r, def, warnings)));
    const refused = outcomes.find(o => o.status === 'rejected');
    if (refused) throw refused.reason;
  }

  #version(hook: Webhook, r: AdmissionRequest, def: ResourceDef): Version | undefined {
    return matchedVersion(hook, r, def, () => this.#equivalents(def));
  }
  /** Other versions of a custom resource: they differ in their name only. */
  #equivalents(def: ResourceDef): readonly Version[] {
    if (!def.custom) return [];
    const versions = [...(this.#o.registry.groups.get(def.group)?.values() ?? [])];
    return versions.flatMap(resources => resources.get(def.plural) ?? []).filter(v => v.version !== def.version);
  }

  /** The answer of a webhook that is meant; undefined when it is not, or may fail and did. @throws StatusError */
  async #ask(hook: Webhook, r: AdmissionRequest, def: ResourceDef, warnings: string[]): Promise<Answer | undefined> {
    const version = this.#version(hook, r, def);
    if (!version || !selects(hook, r, this.#o.find)) return undefined;
    const uid = this.#o.ids.uuid();
    const request = requestOf(r, def, version, uid);
    const objects = { object: inVersion(r.object, version), oldObject: inVersion(r.oldObject, version) };
    const variables = { ...objects, request, namespaceObject: namespaceOf(r, this.#o.find) };
    if (!this.#conditionsHold(hook, variables, r)) return undefined;
    if (r.dryRun && hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun')
      throw errors.badRequest(`admission webhook "${hook.name}" does not support dry run`);
    const apiVersion = `admission.k8s.io/${hook.admissionReviewVersions.find(v => v === 'v1' || v === 'v1beta1') ?? 'v1'}`;
    let answer: Answer;
    try {
      const review = { kind: 'AdmissionReview', apiVersion, request: { ...request, ...objects } };
      answer = responseOf(await this.#o.post(hook.clientConfig, review, hook.timeoutSeconds * 1000), apiVersion, uid);
    } catch (e) {
      if (hook.failurePolicy === 'Ignore') return undefined;
      throw errors.internal(`failed calling webhook "${hook.name}": ${(e as Error).message}`);
    }
    warnings.push(...(answer.warnings ?? []));
    if (!answer.allowed) throw denial(hook.name, answer);
    return answer;
  }

  #conditionsHold(hook: Webhook, variables: Variables, r: AdmissionRequest): boolean {
    if (!hook.matchConditions?.length) return true;
    const { holds, failure } = cel().conditionsHold(hook.matchConditions, cel().valuesOf(variables, canOf(this.#o.can, r.user)));
    if (failure && hook.failurePolicy === 'Fail') throw errors.failure(403, 'Forbidden', `webhook "${hook.name}": ${failure}`);
    return holds;
  }

  #patched(hook: Webhook, object: Obj, answer: Answer): Obj {
    const broken = (why: string) => errors.internal(`failed calling webhook "${hook.name}": ${why}`);
    if (answer.patchType !== 'JSONPatch') throw broken(`unsupported patch type ${JSON.stringify(answer.patchType ?? '')}`);
    try {
      return jsonPatch(object, JSON.parse(Buffer.from(answer.patch!, 'base64').toString()));
    } catch (e) {
      throw broken((e as Error).message);
    }
  }
}

function responseOf(body: unknown, apiVersion: string, uid: string): Answer {
  const { kind, apiVersion: given, response } = (body ?? {}) as { kind?: string; apiVersion?: string; response?: Answer };
  if (kind !== 'AdmissionReview' || given !== apiVersion)
    throw new Error(
      `received invalid webhook response: expected webhook response of ${apiVersion}, Kind=AdmissionReview, got ${given ?? ''}, Kind=${kind ?? ''}`,
    );
  if (!response) throw new Error('received invalid webhook response: webhook response was absent');
  if (response.uid !== uid)
    throw new Error(
      `received invalid webhook response: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`,
    );
  return response;
}
/** @source apiserver pkg/admission/plugin/webhook/errors/statuserror.go@24a394e516bf */
function denial(name: string, { status }: Answer): StatusError {
  const why = status?.message || status?.reason;
  const message = `admission webhook "${name}" denied the request${why ? `: ${why}` : ' without explanation'}`;
  const code = status?.code && status.code >= 400 ? status.code : 403;
  return errors.failure(code, status?.reason ?? (code === 403 ? 'Forbidden' : ''), message);
}
