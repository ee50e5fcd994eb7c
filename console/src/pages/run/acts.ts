import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { RunView } from '../../../../src/pipelines/api/view.ts';
import { actOnRun, deleteRun, type RunVerb } from '../../data/kfp.ts';
import { isFinal } from '../../data/view.ts';
import { notify, notifyError, notifyUndo } from '../../parts/toast.ts';

/** What can be done with a run, and whether now. Deletion waits ten seconds for second thoughts. */
export function useRunActs(view: RunView | undefined) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const refresh = (): void => void client.invalidateQueries();
  const send = (verb: RunVerb, done: () => void): void => {
    if (view) actOnRun(view.runId, verb).then(done).then(refresh).catch(notifyError);
  };
  const name = view?.displayName ?? '';
  const final = isFinal(view?.state);
  return {
    canRetry: view?.state === 'FAILED' || view?.state === 'CANCELED',
    canTerminate: !final && view?.state !== 'CANCELING',
    retry: () => send('retry', () => notify('Retrying the failed tasks of', name)),
    terminate: () => send('terminate', () => notify('Terminating', name)),
    archive: () => send('archive', () => notifyUndo('Archived', name, () => send('unarchive', () => notify('Restored', name)))),
    restore: () => send('unarchive', () => notify('Restored', name)),
    clone: () => view && void navigate({ to: '/runs/new', search: { clone: view.runId, ns: view.namespace } }),
    remove: () => {
      if (!view) return;
      const { runId, namespace } = view;
      void navigate({ to: '/runs', search: { ns: namespace } });
      notifyUndo(
        'Deleted',
        name,
        () => void navigate({ to: '/runs/$runId', params: { runId } }),
        () => deleteRun(runId, true).then(refresh, notifyError),
      );
    },
  };
}
