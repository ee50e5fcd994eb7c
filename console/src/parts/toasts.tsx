import { CircleX, X } from 'lucide-react';
import { useNow } from '../lib/clock.ts';
import { Button, IconButton } from './button.tsx';
import { closeToast, type Toast, undoToast, useToasts } from './toast.ts';

export function Toasts() {
  const toasts = useToasts();
  return (
    <div className="toasts" aria-live="polite" role="status">
      {toasts.map(toast => (
        <ToastRow key={toast.id} toast={toast} />
      ))}
    </div>
  );
}
function ToastRow({ toast }: { toast: Toast }) {
  const now = useNow(toast.until !== undefined);
  return (
    <div className={toast.error ? 'toast bad' : 'toast'}>
      {toast.error && <CircleX className="i c-fail" aria-label="Error" />}
      <span className="grow">
        {toast.text} {toast.name && <b>{toast.name}</b>}
      </span>
      {toast.undo && toast.until && (
        <>
          <span className="dim" aria-hidden>
            {Math.max(0, Math.ceil((toast.until - now) / 1000))} s
          </span>
          <Button size="small" keys="z" onClick={() => undoToast(toast.id)}>
            Undo
          </Button>
        </>
      )}
      {!toast.undo && <IconButton small icon={X} label="Close" onClick={() => closeToast(toast.id)} />}
    </div>
  );
}
