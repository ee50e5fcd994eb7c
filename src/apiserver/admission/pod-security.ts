import { errors, type Frozen, type Obj } from '../../kube/index.ts';
import type { AdmissionStep } from './admission.ts';
import { namespaceOf } from './dynamic/match.ts';
import { type Level, violations } from './pod-standards.ts';

const PREFIX = 'pod-security.kubernetes.io/';
/** Where the Pod template of a workload is. */
const TEMPLATES: Readonly<Record<string, (o: Frozen<Obj>) => unknown>> = {
  'v1/Pod': o => o,
  'v1/ReplicationController': templateOf,
  'v1/PodTemplate': o => (o as { template?: unknown }).template,
  'apps/v1/Deployment': templateOf,
  'apps/v1/ReplicaSet': templateOf,
  'apps/v1/StatefulSet': templateOf,
  'apps/v1/DaemonSet': templateOf,
  'batch/v1/Job': templateOf,
  'batch/v1/CronJob': o =>
    (o.spec as { jobTemplate?: { spec?: { template?: unknown } } } | undefined)?.jobTemplate?.spec?.template,
};
function templateOf(o: Frozen<Obj>): unknown {
  return (o.spec as { template?: unknown } | undefined)?.template;
}
function levelOf(labels: Readonly<Record<string, string>>, mode: string): { level: Level; version: string } | undefined {
  const level = labels[PREFIX + mode];
  if (level !== 'baseline' && level !== 'restricted') return undefined;
  return { level, version: labels[`${PREFIX}${mode}-version`] ?? 'latest' };
}

/** Holds Pods to the standard that their namespace asks for: `enforce` refuses them, `warn` warns of templates too. @source pod-security-admission admission/admission.go */
export const podSecurity: AdmissionStep = {
  name: 'PodSecurity',
  applies: (r, def) =>
    def.storage !== undefined &&
    Object.hasOwn(TEMPLATES, r.gvk) &&
    r.operation !== 'DELETE' &&
    (!r.subresource || r.subresource === 'ephemeralcontainers'),
  validate(r, find, warnings) {
    const labels = namespaceOf(r, find)?.metadata.labels;
    if (!labels) return;
    const template = TEMPLATES[r.gvk]!(r.object!) as Parameters<typeof violations>[1] | undefined;
    const found = (mode: string) => {
      const asked = template && levelOf(labels, mode);
      const problems = asked ? violations(asked.level, template) : [];
      return asked && problems.length > 0
        ? `violate PodSecurity "${asked.level}:${asked.version}": ${problems.join(', ')}`
        : undefined;
    };
    const refused = r.gvk === 'v1/Pod' ? found('enforce') : undefined;
    if (refused) throw errors.forbidden({ group: '', plural: 'pods' }, r.name, refused.replace('violate', 'violates'));
    const warned = found('warn');
    if (warned) warnings.push(`would ${warned}`);
  },
};
