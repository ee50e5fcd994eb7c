import type { FieldError, Frozen, Obj } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { cel } from './conditions.ts';
import type { Condition } from './expressions.ts';
import type { PolicySpec } from './policies.ts';

type Webhooked = Frozen<Obj> & { webhooks?: readonly { matchConditions?: readonly Condition[] }[] };

/** The expressions of a policy or of a webhook configuration that do not compile. @source kubernetes pkg/apis/admissionregistration/validation */
export function expressionErrorsOf(object: Frozen<Obj>): FieldError[] {
  const conditions = (list: readonly Condition[] | undefined, at: string) =>
    (list ?? []).flatMap((c, i) => broken(() => cel().condition(c.expression), `${at}[${i}].expression`, c.expression));
  const webhooks = ((object as Webhooked).webhooks ?? []).flatMap((w, i) =>
    conditions(w.matchConditions, `webhooks[${i}].matchConditions`),
  );
  if (object.kind !== 'ValidatingAdmissionPolicy') return webhooks;
  const spec = (object.spec ?? {}) as unknown as PolicySpec;
  return [
    ...conditions(spec.matchConditions, 'spec.matchConditions'),
    ...(spec.variables ?? []).flatMap((v, i) =>
      broken(() => cel().compiled(v.expression), `spec.variables[${i}].expression`, v.expression),
    ),
    ...(spec.validations ?? []).flatMap((v, i) => [
      ...broken(() => cel().condition(v.expression), `spec.validations[${i}].expression`, v.expression),
      ...(v.messageExpression
        ? broken(() => cel().message(v.messageExpression!), `spec.validations[${i}].messageExpression`, v.messageExpression)
        : []),
    ]),
    ...(spec.auditAnnotations ?? []).flatMap((a, i) =>
      broken(() => cel().compiled(a.valueExpression), `spec.auditAnnotations[${i}].valueExpression`, a.valueExpression),
    ),
  ];
}

function broken(compile: () => unknown, field: string, value: string): FieldError[] {
  try {
    compile();
    return [];
  } catch (e) {
    const { message } = e as Error;
    return [fieldErrors.invalid(field, value, e instanceof TypeError ? message : `compilation failed: ${message}`)];
  }
}
