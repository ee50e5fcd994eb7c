import { cloneElement, type ReactElement, type ReactNode, type Ref, useEffect, useRef, useState } from 'react';
import type { MenuItem, MenuPopup } from './menu-popup.tsx';

export type { MenuItem } from './menu-popup.tsx';

type MenuProps = { trigger: ReactElement; items: readonly MenuItem[]; align?: 'start' | 'end'; children?: ReactNode };
type Handlers = {
  ref?: Ref<HTMLButtonElement>;
  'aria-haspopup': 'menu';
  onPointerEnter(): void;
  onFocus(): void;
  onClick(): void;
};
/** Kept for every later menu once the first has it. */
let loaded: typeof MenuPopup | undefined;

/**
 * A button with a menu; the button is given as an element and keeps its own look.
 * The menu is a good part of the script: it comes after the first screen, or when it is reached for.
 */
export function MenuButton(props: MenuProps) {
  const [Popup, setPopup] = useState(() => loaded);
  const button = useRef<HTMLButtonElement>(null);
  const clicked = useRef(false);
  const focused = useRef(false);
  const load = (): void => {
    // Without the chunk the button stays as it is; reaching for it tries again.
    import('./menu-popup.tsx')
      .then(m => {
        loaded = m.MenuPopup;
        focused.current = button.current !== null && document.activeElement === button.current;
        setPopup(() => m.MenuPopup);
      })
      .catch(() => {
        clicked.current = false;
      });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once after the first screen
  useEffect(() => {
    if (loaded) return;
    const timer = setTimeout(load, 1200);
    return () => clearTimeout(timer);
  }, []);
  if (Popup) return <Popup {...props} open={clicked.current} focus={focused.current} />;
  const click = (): void => {
    clicked.current = true;
    load();
  };
  return cloneElement(props.trigger as ReactElement<Handlers>, {
    ref: button,
    'aria-haspopup': 'menu',
    onPointerEnter: load,
    onFocus: load,
    onClick: click,
  });
}
