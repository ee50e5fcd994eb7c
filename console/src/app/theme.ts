import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
const listeners = new Set<() => void>();
function read(): Theme {
  const forced = document.documentElement.dataset.theme;
  return forced === 'light' || forced === 'dark' ? forced : 'system';
}
export function setTheme(theme: Theme): void {
  if (theme === 'system') {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem('skiff.theme');
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem('skiff.theme', theme);
  }
  for (const listener of listeners) listener();
}
/** System, light, dark, and round again. */
export const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
export function useTheme(): Theme {
  return useSyncExternalStore(listener => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, read);
}
