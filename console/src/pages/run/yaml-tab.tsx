import { useQuery } from '@tanstack/react-query';
import type { NodeView, RunView } from '../../../../src/pipelines/api/view.ts';
import { ApiError } from '../../data/http.ts';
import { objectQuery } from '../../data/kube.ts';
import { toYaml } from '../../lib/yaml.ts';
import { YamlCode } from '../../parts/code.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';

const pods = { group: '', version: 'v1', plural: 'pods' };
/** The Pod of the last attempt; when it is gone (or never was), the node itself. */
export function YamlTab({ view, node }: { view: RunView; node: NodeView }) {
  const pod = node.attempts.at(-1)?.pod;
  const { data, error, isPending } = useQuery({
    ...objectQuery(pods, view.namespace, pod ?? ''),
    enabled: pod !== undefined,
    refetchInterval: false,
    retry: false,
  });
  if (pod && isPending) return <SkeletonRows rows={6} what={`Pod ${pod}`} />;
  if (data) return <YamlCode text={toYaml(data)} />;
  return (
    <>
      {error && !(error instanceof ApiError && error.status === 404) && <Problem error={error} what={`Pod ${pod}`} />}
      <p className="dim t12 padb">
        {pod ? `Pod ${pod} is gone; this is what the run keeps of it.` : 'No Pod has run for this node.'}
      </p>
      <YamlCode text={toYaml(node)} />
    </>
  );
}
