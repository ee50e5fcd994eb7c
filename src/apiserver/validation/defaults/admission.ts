import { ensure, fill, items, sub, type Tree } from '../tree.ts';

/** @source kubernetes pkg/apis/admissionregistration/v1/defaults.go (from knowledge) */
function defaultWebhooks(configuration: Tree, extra: Tree): void {
  for (const webhook of items(configuration, 'webhooks')) {
    fill(webhook, {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
      ...extra,
    });
    fill(sub(sub(webhook, 'clientConfig'), 'service'), { port: 443 });
    for (const rule of items(webhook, 'rules')) fill(rule, { scope: '*' });
  }
}
export function defaultValidatingWebhooks(configuration: Tree): void {
  defaultWebhooks(configuration, {});
}
export function defaultMutatingWebhooks(configuration: Tree): void {
  defaultWebhooks(configuration, { reinvocationPolicy: 'Never' });
}

export function defaultAdmissionPolicy(policy: Tree): void {
  const spec = ensure(policy, 'spec');
  fill(spec, { failurePolicy: 'Fail' });
  defaultMatch(sub(spec, 'matchConstraints'));
}
export function defaultAdmissionPolicyBinding(binding: Tree): void {
  defaultMatch(sub(sub(binding, 'spec'), 'matchResources'));
}
function defaultMatch(match: Tree | undefined): void {
  fill(match, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} });
  for (const rule of [...items(match, 'resourceRules'), ...items(match, 'excludeResourceRules')]) fill(rule, { scope: '*' });
}
