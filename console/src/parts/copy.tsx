import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from './button.tsx';
import { notifyError } from './toast.ts';

export function copyText(text: string): Promise<void> {
  return navigator.clipboard.writeText(text).catch(notifyError);
}
export function CopyButton({ text, label = 'Copy', small = true }: { text: string; label?: string; small?: boolean }) {
  const [copied, setCopied] = useState(false);
  return (
    <IconButton
      small={small}
      icon={copied ? Check : Copy}
      label={copied ? 'Copied' : label}
      onClick={() => {
        void copyText(text).then(() => setCopied(true));
        setTimeout(() => setCopied(false), 1500);
      }}
    />
  );
}
/** The act of this view as a command, with a copy button. */
export function CommandLine({ command }: { command: string }) {
  return (
    <div className="cmd">
      <span className="p" aria-hidden>
        $
      </span>
      <span title={command}>{command}</span>
      <CopyButton text={command} label="Copy command" />
    </div>
  );
}
