import { useQueryClient } from '@tanstack/react-query';
import { Archive, ArchiveRestore, CircleStop, RotateCcw, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { useActs } from '../../acts/registry.ts';
import { actOnRun, deleteRun, type Run, type RunVerb } from '../../data/kfp.ts';
import { isFinal } from '../../data/view.ts';
import { plural } from '../../lib/quantity.ts';
import { Button, IconButton } from '../../parts/button.tsx';
import { Modal, OverlayHead } from '../../parts/overlay.tsx';
import { notify, notifyError, notifyUndo } from '../../parts/toast.ts';

/** Sends a verb to many runs and tells what was refused, by the first reason. */
async function forAll(runs: readonly Run[], act: (run: Run) => Promise<unknown>): Promise<number> {
  const results = await Promise.allSettled(runs.map(act));
  const refused = results.filter(r => r.status === 'rejected');
  if (refused.length)
    notifyError(
      new Error(`${refused.length} of ${runs.length} refused: ${(refused[0] as PromiseRejectedResult).reason.message}`),
    );
  return runs.length - refused.length;
}
export function BulkBar({
  selected,
  clear,
  onGone,
}: {
  selected: readonly Run[];
  clear(): void;
  onGone(ids: readonly string[], gone: boolean): void;
}) {
  const client = useQueryClient();
  const [confirm, setConfirm] = useState(false);
  const refresh = (): void => void client.invalidateQueries({ queryKey: ['runs'] });
  const send = (verb: RunVerb, runs: readonly Run[]): Promise<number> =>
    forAll(runs, run => actOnRun(run.run_id, verb)).finally(refresh);
  const failed = selected.filter(r => r.state === 'FAILED' || r.state === 'CANCELED');
  const active = selected.filter(r => !isFinal(r.state));
  const archived = selected.every(r => r.storage_state === 'ARCHIVED');
  const ids = selected.map(r => r.run_id);
  const count = plural(selected.length, 'run');
  const retry = (): void => void send('retry', failed).then(n => n && notify(`Retrying ${plural(n, 'run')}`));
  const terminate = (): void => void send('terminate', active).then(n => n && notify(`Terminating ${plural(n, 'run')}`));
  const archive = (): void => {
    const runs = selected;
    clear();
    onGone(ids, true);
    void send(archived ? 'unarchive' : 'archive', runs).then(() =>
      notifyUndo(archived ? `Restored ${count}` : `Archived ${count}`, undefined, () => {
        onGone(ids, false);
        void send(archived ? 'archive' : 'unarchive', runs);
      }),
    );
  };
  const remove = (): void => {
    clear();
    onGone(ids, true);
    if (ids.length === 1)
      notifyUndo(
        'Deleted',
        selected[0]!.display_name,
        () => onGone(ids, false),
        () => void deleteRun(ids[0]!, true).then(refresh, notifyError),
      );
    else
      void forAll(selected, run => deleteRun(run.run_id))
        .then(n => notify(`Deleted ${plural(n, 'run')}`))
        .finally(refresh);
  };
  const askRemove = (): void => (selected.length > 1 ? setConfirm(true) : remove());
  const group = `${count} selected`;
  useActs([
    ...(failed.length
      ? [
          {
            id: 'bulk-retry',
            label: 'Retry',
            icon: RotateCcw,
            keys: 'r',
            group,
            hint: plural(failed.length, 'failed run'),
            command: `skiff retry ${failed
              .map(r => r.run_id)
              .slice(0, 3)
              .join(' ')}`,
            run: retry,
          },
        ]
      : []),
    {
      id: 'bulk-archive',
      label: archived ? 'Restore' : 'Archive',
      icon: Archive,
      group,
      command: `skiff archive ${ids.slice(0, 3).join(' ')}`,
      run: archive,
    },
    {
      id: 'bulk-delete',
      label: 'Delete',
      icon: Trash2,
      group,
      hint: selected.length > 1 ? 'cannot be undone' : 'undo for 10 s',
      command: `skiff delete ${ids.slice(0, 3).join(' ')}`,
      run: askRemove,
    },
    { id: 'bulk-clear', label: 'Clear the selection', keys: 'escape', group, quiet: true, run: clear },
  ]);
  return (
    <>
      <div className="bulk" role="toolbar" aria-label="Acts on the selected runs">
        <span className="b5">{selected.length} selected</span>
        <span className="div" />
        <Button
          kind="ghost"
          icon={RotateCcw}
          disabled={failed.length === 0}
          title={failed.length ? undefined : 'None of them has failed'}
          onClick={retry}
        >
          Retry
        </Button>
        <Button
          kind="ghost"
          icon={CircleStop}
          disabled={active.length === 0}
          title={active.length ? undefined : 'None of them is running'}
          onClick={terminate}
        >
          Terminate
        </Button>
        <Button kind="ghost" icon={archived ? ArchiveRestore : Archive} onClick={archive}>
          {archived ? 'Restore' : 'Archive'}
        </Button>
        <Button kind="ghost" icon={Trash2} onClick={askRemove}>
          Delete
        </Button>
        <span className="div" />
        <IconButton icon={X} label="Clear the selection (Esc)" onClick={clear} />
      </div>
      {confirm && (
        <TypedConfirm
          count={selected.length}
          onClose={() => setConfirm(false)}
          onConfirm={() => {
            setConfirm(false);
            remove();
          }}
        />
      )}
    </>
  );
}
/** Only for what cannot be taken back: the number must be typed. */
function TypedConfirm({ count, onClose, onConfirm }: { count: number; onClose(): void; onConfirm(): void }) {
  const [text, setText] = useState('');
  const wanted = `delete ${count}`;
  return (
    <Modal label="Delete runs" className="small" onClose={onClose}>
      <OverlayHead title={`Delete ${count} runs`} onClose={onClose} />
      <form
        className="obody"
        onSubmit={e => {
          e.preventDefault();
          if (text === wanted) onConfirm();
        }}
      >
        <p className="sub">
          Delete <b>{count} runs</b> and their logs. This cannot be undone. Type <span className="mono">{wanted}</span> to go on.
        </p>
        <input className="input mono" aria-label={`Type ${wanted}`} value={text} onChange={e => setText(e.target.value)} />
        <div className="row">
          <Button type="submit" kind="danger" disabled={text !== wanted}>
            Delete
          </Button>
          <Button kind="ghost" onClick={onClose}>
            Keep them
          </Button>
        </div>
      </form>
    </Modal>
  );
}
