import type { ReactNode } from 'react';
import { CommandLine } from './copy.tsx';

/** First use: one sentence, one command, one button. The boat is drawn here and nowhere else. */
export function FirstUse({
  title,
  children,
  command,
  actions,
}: {
  title: string;
  children: ReactNode;
  command?: string;
  actions?: ReactNode;
}) {
  return (
    <div className="empty">
      <svg className="boat" viewBox="0 0 120 40" aria-hidden="true">
        <path d="M58 4c8 4.5 12.6 10 13.8 16.5H58z" fill="var(--depth-2)" />
        <path d="M55 10v10.5h-9C47.2 16.3 50 12.8 55 10z" fill="var(--depth-1)" />
        <path
          d="M42 24c10.400 1.800 22.600 1.800 33-.8-1.500 6.900-6.600 11.300-13.700 11.300h-7.500c-6.400 0-10.700-4-11.800-10.500z"
          fill="var(--depth-3)"
        />
        <path d="M6 34.500h108" stroke="var(--line-3)" strokeDasharray="10 5 3 5" />
      </svg>
      <h3>{title}</h3>
      <p>{children}</p>
      {command && <CommandLine command={command} />}
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}
