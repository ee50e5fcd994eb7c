import { MutationCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { fromKfpHash } from './app/kfp-links.ts';
import { router } from './app/router.tsx';
import { SessionGate } from './app/session.tsx';
import { ApiError } from './data/http.ts';
import { onBack } from './data/live.ts';
import { login, takeToken } from './data/session.ts';
import { notifyError } from './parts/toast.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/controls.css';
import './styles/tables.css';
import './styles/texts.css';
import './styles/overlays.css';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => !(error instanceof ApiError) && count < 2,
      refetchOnWindowFocus: false,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
  mutationCache: new MutationCache({ onError: notifyError }),
});
onBack(() => void queries.invalidateQueries());

const token = takeToken();
// A stale one-time link is no failure: the session decides, and asks for a token if there is none.
if (token) await login(token).catch(notifyError);

const linked = fromKfpHash(location.hash);
if (linked) history.replaceState(null, '', linked);

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={queries}>
    <SessionGate>
      <RouterProvider router={router} />
    </SessionGate>
  </QueryClientProvider>,
);
