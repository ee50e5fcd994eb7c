import { useEffect } from 'react';
import { isTyping, matchPress, nameOf } from './keys.ts';
import { currentActs } from './registry.ts';

const sequenceMs = 900;

/** Whether single-letter keys are on; WCAG 2.1.4 wants them to be switchable. */
export const singleKeys = {
  on: (): boolean => localStorage.getItem('skiff.keys') !== 'off',
  set: (on: boolean): void => localStorage.setItem('skiff.keys', on ? 'on' : 'off'),
};

/** The one key listener of the page. */
export function useKeyboard(): void {
  useEffect(() => {
    let prefix = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || ['Control', 'Shift', 'Alt', 'Meta'].includes(event.key)) return;
      const name = nameOf({ key: event.key, ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey, alt: event.altKey });
      const chord = /^(ctrl|alt)\+/.test(name);
      // While an overlay is open, or being fetched, single keys are not the page's.
      const pending = document.querySelector('[data-pending],[role="dialog"]') !== null;
      if (!chord && (pending || isTyping(event.target) || !singleKeys.on())) return;
      const match = matchPress(currentActs(), prefix, name);
      clearTimeout(timer);
      prefix = '';
      if (!match) return;
      if ('prefix' in match) {
        prefix = match.prefix;
        timer = setTimeout(() => {
          prefix = '';
        }, sequenceMs);
        return;
      }
      // A focused button owns Enter and Space.
      const button = event.target instanceof HTMLElement && event.target.closest('button,a[href],summary') !== null;
      if ((name === 'enter' || name === 'space') && button) return;
      event.preventDefault();
      match.act.run();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
