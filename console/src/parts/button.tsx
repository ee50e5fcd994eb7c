import { LoaderCircle, type LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { capsOf } from '../acts/keys.ts';

type Kind = 'plain' | 'primary' | 'ghost' | 'danger';
type Size = 'small' | 'normal' | 'large';
const kinds: Record<Kind, string> = { plain: '', primary: ' pri', ghost: ' ghost', danger: ' danger' };
const sizes: Record<Size, string> = { small: ' sm', normal: '', large: ' lg' };
/** The classes of a button, for links that look like one. */
export const buttonClass = (kind: Kind = 'plain', size: Size = 'normal'): string => `btn${kinds[kind]}${sizes[size]}`;

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  kind?: Kind;
  size?: Size;
  icon?: LucideIcon;
  /** Keeps label and width; the icon turns. */
  busy?: boolean;
  keys?: string;
  ref?: Ref<HTMLButtonElement>;
};
export function Button({
  kind = 'plain',
  size = 'normal',
  icon,
  busy = false,
  keys,
  children,
  className = '',
  ...rest
}: ButtonProps) {
  const Icon = busy ? LoaderCircle : icon;
  return (
    <button
      type="button"
      aria-busy={busy || undefined}
      {...rest}
      disabled={rest.disabled || busy}
      className={`${buttonClass(kind, size)} ${className}`}
    >
      {Icon && <Icon className={busy ? 'i turning' : 'i'} aria-hidden />}
      {children}
      {keys && <Keys keys={keys} />}
    </button>
  );
}
/** A square button that has only an icon; its label is its name and tooltip. */
export function IconButton({
  icon: Icon,
  label,
  small = false,
  className = '',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { icon: LucideIcon; label: string; small?: boolean; ref?: Ref<HTMLButtonElement> }) {
  return (
    <button type="button" aria-label={label} title={label} {...rest} className={`ib${small ? ' sm' : ''} ${className}`}>
      <Icon className={small ? 'i' : 'i i16'} aria-hidden />
    </button>
  );
}
export function Keys({ keys }: { keys: string }) {
  return capsOf(keys).map((cap, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the caps of one key combination never move
    <kbd key={i}>{cap}</kbd>
  ));
}
/** Two to four views of the same thing. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
  small = false,
}: {
  label: string;
  value: T;
  options: readonly { value: T; label: ReactNode; icon?: LucideIcon }[];
  onChange(value: T): void;
  small?: boolean;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as one control
    <div className={small ? 'seg sm' : 'seg'} role="group" aria-label={label}>
      {options.map(({ value: each, label: text, icon: Icon }) => (
        <button key={each} type="button" aria-pressed={each === value} onClick={() => onChange(each)}>
          {Icon && <Icon className="i" aria-hidden />}
          {text}
        </button>
      ))}
    </div>
  );
}
export function Checkbox({
  checked,
  onChange,
  label,
  hideLabel = false,
  mixed = false,
}: {
  checked: boolean;
  onChange(checked: boolean, shift: boolean): void;
  label: string;
  hideLabel?: boolean;
  mixed?: boolean;
}) {
  return (
    <label className="ck">
      <input
        type="checkbox"
        checked={checked}
        ref={el => {
          if (el) el.indeterminate = mixed;
        }}
        onChange={event => onChange(event.target.checked, (event.nativeEvent as MouseEvent).shiftKey)}
      />
      <span className={hideLabel ? 'vh' : undefined}>{label}</span>
    </label>
  );
}
