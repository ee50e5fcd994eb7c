import { Dialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { IconButton } from './button.tsx';

type OverlayProps = { label: string; onClose(): void; children: ReactNode; className?: string };

/** The first field, or else the overlay itself: a ring on some button says nothing. */
function useFirstFocus() {
  const popup = useRef<HTMLDivElement>(null);
  const initialFocus = (): HTMLElement | null =>
    popup.current?.querySelector<HTMLElement>('input:not(.vh, [type="checkbox"]), textarea, select') ?? popup.current;
  return { ref: popup, initialFocus };
}
/** A panel from the right over any page: why, create, upload. Its state is in the URL, so it is open whenever it is drawn. */
export function Sheet({ label, onClose, children, className = '' }: OverlayProps) {
  const focus = useFirstFocus();
  return (
    <Dialog.Root open onOpenChange={open => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup {...focus} className={`sheet ${className}`} aria-label={label}>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
/** A centred dialog: palette, key map, typed confirmation. */
export function Modal({ label, onClose, children, className = '' }: OverlayProps) {
  const focus = useFirstFocus();
  return (
    <Dialog.Root open onOpenChange={open => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup {...focus} className={`modal ${className}`} aria-label={label}>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
export function OverlayHead({ title, onClose, children }: { title: string; onClose(): void; children?: ReactNode }) {
  return (
    <div className="ohead">
      <h2>{title}</h2>
      {children}
      <span className="grow" />
      <IconButton icon={X} label="Close" onClick={onClose} />
    </div>
  );
}
