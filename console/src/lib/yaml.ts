import { dump } from 'js-yaml';

/** An object as YAML in Kubernetes' order; `managedFields` only fill the screen and are left out. */
export function toYaml(value: unknown): string {
  const shown =
    value !== null && typeof value === 'object' && 'metadata' in value
      ? withoutManagedFields(value as { metadata: object })
      : value;
  return dump(shown, { lineWidth: -1, noRefs: true });
}
function withoutManagedFields<T extends { metadata: object }>(o: T): T {
  const { managedFields: _, ...metadata } = o.metadata as { managedFields?: unknown };
  return { ...o, metadata };
}
