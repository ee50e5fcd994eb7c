import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { Contrast, FolderTree } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { useKeyboard } from '../acts/keyboard.ts';
import { type Act, useActs } from '../acts/registry.ts';
import { useLive } from '../data/live.ts';
import { OverlayBoundary } from '../parts/boundary.tsx';
import { commitAll, undoLast } from '../parts/toast.ts';
import { Toasts } from '../parts/toasts.tsx';
import { LostBanner } from './lost.tsx';
import { navItems } from './nav.ts';
import { isCanvas, useRail } from './rail.ts';
import { keepNamespace, useParam } from './search.ts';
import { Sidebar } from './sidebar.tsx';
import { setTheme, type Theme } from './theme.ts';
import { TopBar } from './topbar.tsx';

const loadPalette = () => import('../acts/palette.tsx').then(m => ({ default: m.Palette }));
const Palette = lazy(loadPalette);
const KeyMap = lazy(() => import('../acts/key-map.tsx').then(m => ({ default: m.KeyMap })));
const WhySheet = lazy(() => import('../parts/why-sheet.tsx').then(m => ({ default: m.WhySheet })));

/** Everything around a page: sidebar, top bar, overlays, keys. */
export function Frame() {
  const kind = useLocation({ select: l => (isCanvas(l.pathname) ? 'canvas' : 'list') });
  const [railed, toggleRail] = useRail(kind);
  const [open, setOpen] = useState<'palette' | 'keys' | 'menu'>();
  const [why, setWhy] = useParam('why');
  const live = useLive();
  useKeyboard();
  useActs(useFrameActs(setOpen, toggleRail));
  useEffect(() => {
    addEventListener('pagehide', commitAll);
    // Fetched once the first screen is done, so that Ctrl+K answers at once.
    const idle = setTimeout(() => void loadPalette().catch(() => undefined), 1500);
    return () => {
      clearTimeout(idle);
      removeEventListener('pagehide', commitAll);
    };
  }, []);
  const close = (): void => setOpen(undefined);
  return (
    <div
      className={`frame${railed ? ' railed' : ''}${live.state === 'lost' ? ' stale' : ''}${open === 'menu' ? ' menuopen' : ''}`}
    >
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <Sidebar />
      <TopBar
        onPalette={() => setOpen('palette')}
        onHelp={() => setOpen('keys')}
        onMenu={() => setOpen(open === 'menu' ? undefined : 'menu')}
      />
      <main className="page" id="page" tabIndex={-1}>
        <LostBanner />
        <Outlet />
      </main>
      <Toasts />
      <OverlayBoundary key={`${open} ${why}`} onError={close}>
        <Suspense fallback={<div data-pending />}>
          {open === 'palette' && <Palette onClose={close} />}
          {open === 'keys' && <KeyMap onClose={close} />}
          {why && <WhySheet subject={why} onClose={() => setWhy(undefined)} />}
        </Suspense>
      </OverlayBoundary>
    </div>
  );
}
function useFrameActs(setOpen: (open: 'palette' | 'keys') => void, toggleRail: () => void): Act[] {
  const navigate = useNavigate();
  return useMemo(() => {
    const pages = navItems.map(item => ({
      id: `go ${item.to}`,
      label: item.label,
      icon: item.icon,
      group: 'Pages',
      ...(item.keys ? { keys: item.keys } : {}),
      run: () => void navigate({ to: item.to, search: keepNamespace }),
    }));
    const themes = (['system', 'light', 'dark'] as Theme[]).map(theme => ({
      id: `theme ${theme}`,
      label: `Theme: ${theme}`,
      icon: Contrast,
      group: 'Settings',
      run: () => setTheme(theme),
    }));
    return [
      {
        id: 'palette',
        label: 'Search or run a command',
        keys: 'ctrl+k',
        quiet: true,
        group: 'Everywhere',
        run: () => setOpen('palette'),
      },
      { id: 'keys', label: 'Keys of this page', keys: '?', quiet: true, group: 'Everywhere', run: () => setOpen('keys') },
      { id: 'undo', label: 'Undo the last act', keys: 'z', quiet: true, group: 'Everywhere', run: undoLast },
      { id: 'rail', label: 'Fold or unfold the sidebar', icon: FolderTree, keys: '[', group: 'Everywhere', run: toggleRail },
      ...pages,
      ...themes,
    ];
  }, [navigate, setOpen, toggleRail]);
}
