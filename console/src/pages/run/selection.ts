import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import type { NodeView, RunView } from '../../../../src/pipelines/api/view.ts';
import { useParams, useSetParams } from '../../app/search.ts';
import { failedNodes } from './progress.ts';

/** The selected node: the one in the URL, else the first failed one, as that is what a reader came for. */
export function useSelection(view: RunView): { selected: NodeView | undefined; closed: boolean; select(id: string): void } {
  const { node } = useParams();
  const set = useSetParams();
  const client = useQueryClient();
  const selected = node === undefined ? failedNodes(view)[0] : view.nodes.find(n => n.id === node);
  // biome-ignore lint/correctness/useExhaustiveDependencies: setting a parameter needs no fresh closure
  const select = useCallback((id: string) => set({ node: id, attempt: undefined, line: undefined, artifact: undefined }), []);
  useEffect(() => {
    // The view already explains its nodes: the why sheet need not ask again.
    for (const n of view.nodes) if (n.why) client.setQueryData(['why', `Task/${view.namespace}/${view.runId}/${n.id}`], n.why);
  }, [client, view]);
  return { selected, closed: node === 'none', select };
}
