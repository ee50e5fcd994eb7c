import { type ApiResponse, errors, type Obj } from '../../kube/index.ts';
import type { ServiceAccountTokens, TokenRequest } from '../auth/service-account-tokens.ts';
import type { Call, ServerContext } from '../context.ts';
import { decodeProtobuf } from '../protobuf/index.ts';
import { keyOfName } from '../registry/resource.ts';
import { readObject } from '../request/body.ts';
import { timestamp } from '../write/metadata.ts';
import { respond } from './respond.ts';

type Spec = {
  audiences?: string[];
  expirationSeconds?: number;
  boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string };
};
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

/** POST serviceaccounts/token. @source kubernetes pkg/registry/core/serviceaccount/storage/token.go */
export function requestToken(tokens: ServiceAccountTokens) {
  return async (ctx: ServerContext, call: Call): Promise<ApiResponse> => {
    const { def, info, storage, request } = call;
    const expected = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
    const body = readObject(request, expected, undefined, decodeProtobuf) as Obj<Spec>;
    const account = ctx.store.get(storage, keyOfName(def, info.namespace, info.name!));
    if (!account) throw errors.notFound(def, info.name!);
    const spec = body.spec ?? {};
    const seconds = spec.expirationSeconds ?? 3600;
    if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) {
      const detail =
        seconds < MIN_SECONDS
          ? 'may not specify a duration less than 10 minutes'
          : 'may not specify a duration larger than 2^32 seconds';
      throw errors.invalid(expected, '', [
        { reason: 'FieldValueInvalid', field: 'spec.expirationSeconds', message: `Invalid value: ${seconds}: ${detail}` },
      ]);
    }
    const bound = boundObject(ctx, info.namespace!, spec.boundObjectRef);
    const r: TokenRequest = {
      namespace: info.namespace!,
      name: info.name!,
      expirationSeconds: seconds,
      ...(spec.audiences ? { audiences: spec.audiences } : {}),
      ...(bound ? { bound } : {}),
    };
    const { token, expiresAt, audiences } = await tokens.issue(account.object, r);
    const answer = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: info.name, namespace: info.namespace, creationTimestamp: timestamp(ctx.clock.now()) },
      spec: { ...spec, audiences, expirationSeconds: seconds },
      status: { token, expirationTimestamp: timestamp(expiresAt) },
    };
    return respond(201, answer, call.answer);
  };
}

function boundObject(ctx: ServerContext, namespace: string, ref: Spec['boundObjectRef']): TokenRequest['bound'] {
  if (!ref) return undefined;
  if ((ref.kind !== 'Pod' && ref.kind !== 'Secret') || !ref.name)
    throw errors.badRequest(`cannot bind token for serviceaccount to ${ref.kind ?? 'nothing'}`);
  const object = ctx.admission.find(`v1/${ref.kind}`, { apiVersion: 'v1', kind: ref.kind, namespace, name: ref.name })[0];
  if (!object) throw errors.notFound({ group: '', plural: `${ref.kind.toLowerCase()}s` }, ref.name);
  const { uid } = object.metadata;
  if (ref.uid && ref.uid !== uid)
    throw errors.conflict(
      { group: '', plural: `${ref.kind.toLowerCase()}s` },
      ref.name,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return { kind: ref.kind, name: ref.name, uid: uid! };
}
