import { Menu } from '@base-ui/react/menu';
import { Check, type LucideIcon } from 'lucide-react';
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react';

export type MenuItem =
  | {
      label: string;
      icon?: LucideIcon;
      hint?: string;
      checked?: boolean;
      danger?: boolean;
      disabled?: boolean;
      keep?: boolean;
      run(): void;
    }
  | 'line'
  | { title: string };

/** The menu behind a MenuButton: `open` when the button was clicked before this came, `focus` when it had the focus. */
export function MenuPopup({
  trigger,
  items,
  align = 'start',
  open,
  focus,
  children,
}: {
  trigger: ReactElement;
  items: readonly MenuItem[];
  align?: 'start' | 'end';
  open: boolean;
  focus: boolean;
  children?: ReactNode;
}) {
  const button = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it takes the place of the bare button
  useEffect(() => {
    if (focus && !open) button.current?.focus();
  }, []);
  return (
    <Menu.Root modal={false} defaultOpen={open}>
      <Menu.Trigger ref={button} render={trigger} />
      <Menu.Portal>
        <Menu.Positioner className="mpos" side="bottom" align={align} sideOffset={4}>
          <Menu.Popup className="menu">
            {children}
            {items.map((item, i) =>
              item === 'line' ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: separators have no identity
                <Menu.Separator key={i} className="mline" />
              ) : 'title' in item ? (
                <div key={item.title} className="mtitle">
                  {item.title}
                </div>
              ) : (
                <Menu.Item
                  key={item.label}
                  className={item.danger ? 'mitem danger' : 'mitem'}
                  disabled={item.disabled ?? false}
                  closeOnClick={!item.keep}
                  onClick={item.run}
                >
                  {item.checked === undefined ? (
                    item.icon && <item.icon className="i" aria-hidden />
                  ) : (
                    <Check className={item.checked ? 'i' : 'i hid'} aria-label={item.checked ? 'on' : 'off'} />
                  )}
                  <span className="grow">{item.label}</span>
                  {item.hint && <span className="dim t12">{item.hint}</span>}
                </Menu.Item>
              ),
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
