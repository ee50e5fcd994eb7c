import { useQuery } from '@tanstack/react-query';
import { discoveryQuery, type Resource } from '../../data/kube.ts';

/** The kind that an address names, as discovery has it. */
export function useKind(group: string, plural: string): { kind: Resource | undefined; loaded: boolean; error: Error | null } {
  const { data, error } = useQuery(discoveryQuery);
  return {
    kind: data?.find(r => r.group === (group === 'core' ? '' : group) && r.plural === plural),
    loaded: data !== undefined,
    error,
  };
}
