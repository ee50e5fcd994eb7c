import { Dialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from './button.tsx';

type OverlayProps = { label: string; onClose(): void; children: ReactNode; className?: string };

/** A panel from the right over any page: why, create, upload. Its state is in the URL, so it is open whenever it is drawn. */
export function Sheet({ label, onClose, children, className = '' }: OverlayProps) {
  return (
    <Dialog.Root open onOpenChange={open => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className={`sheet ${className}`} aria-label={label}>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
/** A centred dialog: palette, key map, typed confirmation. */
export function Modal({ label, onClose, children, className = '' }: OverlayProps) {
  return (
    <Dialog.Root open onOpenChange={open => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className={`modal ${className}`} aria-label={label}>
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
