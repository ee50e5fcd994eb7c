import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  ChevronsUpDown,
  CircleQuestionMark,
  Contrast,
  Folder,
  Menu as MenuIcon,
  Moon,
  Search as SearchIcon,
  Sun,
} from 'lucide-react';
import { Fragment } from 'react';
import { knock, useLive } from '../data/live.ts';
import { sessionQuery } from '../data/session.ts';
import { useNow } from '../lib/clock.ts';
import { IconButton } from '../parts/button.tsx';
import { MenuButton, type MenuItem } from '../parts/menu.tsx';
import { usePageInfo } from './page.ts';
import { keepNamespace, useParams, useSetParams } from './search.ts';
import { nextTheme, setTheme, type Theme, useTheme } from './theme.ts';

const themeIcon = { system: Contrast, light: Sun, dark: Moon } as const satisfies Record<Theme, unknown>;

export function TopBar({ onPalette, onHelp, onMenu }: { onPalette(): void; onHelp(): void; onMenu(): void }) {
  const theme = useTheme();
  return (
    <header className="top">
      <IconButton icon={MenuIcon} label="Menu" className="burger" onClick={onMenu} />
      <NamespaceSwitcher />
      <Crumbs />
      <span className="grow" />
      <button type="button" className="seek" onClick={onPalette}>
        <SearchIcon className="i" aria-hidden />
        <span className="grow">Search or run a command</span>
        <kbd>Ctrl</kbd>
        <kbd>K</kbd>
      </button>
      <LiveMark />
      <IconButton icon={CircleQuestionMark} label="Keys of this page (?)" onClick={onHelp} />
      <IconButton
        icon={themeIcon[theme]}
        label={`Theme: ${theme}. Change to ${nextTheme[theme]}`}
        onClick={() => setTheme(nextTheme[theme])}
      />
    </header>
  );
}
function NamespaceSwitcher() {
  const { data } = useQuery(sessionQuery);
  const { namespace } = usePageInfo();
  const { ns } = useParams();
  const set = useSetParams();
  const shown = ns ?? namespace;
  const trigger = (
    <button type="button" className="ns">
      <Folder className="i" aria-hidden />
      {shown ?? 'All namespaces'}
      <ChevronsUpDown className="i" aria-hidden />
    </button>
  );
  const items: MenuItem[] = [
    { label: 'All namespaces', checked: !shown, run: () => set({ ns: undefined }, { push: true }) },
    ...(data?.namespaces.length ? (['line'] as const) : []),
    ...(data?.namespaces ?? []).map(name => ({
      label: name,
      checked: name === shown,
      run: () => set({ ns: name }, { push: true }),
    })),
  ];
  return <MenuButton trigger={trigger} items={items} />;
}
function Crumbs() {
  const { crumbs } = usePageInfo();
  return (
    <nav className="crumbs" aria-label="Breadcrumb">
      {crumbs.map((crumb, i) => (
        <Fragment key={crumb.label}>
          <span className="sep" aria-hidden>
            /
          </span>
          {crumb.to && i < crumbs.length - 1 ? (
            <Link to={crumb.to} search={keepNamespace}>
              {crumb.label}
            </Link>
          ) : (
            <span className="here cut" aria-current="page">
              {crumb.label}
            </span>
          )}
        </Fragment>
      ))}
    </nav>
  );
}
function LiveMark() {
  const live = useLive();
  const now = useNow(live.state === 'lost');
  if (live.state === 'live') {
    return (
      <span className="live" title="Every page follows Skiff as it changes">
        <span className="dot" />
        Live
      </span>
    );
  }
  return (
    <button type="button" className="live lostmark" onClick={knock}>
      <span className="dot" />
      Retry in {Math.max(0, Math.ceil((live.retryAt - now) / 1000))} s
    </button>
  );
}
