import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { ApiError } from '../data/http.ts';
import { login, sessionQuery } from '../data/session.ts';
import { Button } from '../parts/button.tsx';
import { CommandLine } from '../parts/copy.tsx';
import { Problem } from '../parts/problem.tsx';

/** Shows the pages to whoever is signed in, and asks others for a token. */
export function SessionGate({ children }: { children: ReactNode }) {
  const { error, refetch } = useQuery(sessionQuery);
  if (error instanceof ApiError && error.status === 401) return <Login />;
  if (error instanceof ApiError) return <Problem error={error} what="the session" retry={() => void refetch()} />;
  return children;
}
function Login() {
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    login(token.trim())
      .then(() => client.invalidateQueries())
      .catch((error: Error) => setFailure(error.message))
      .finally(() => setBusy(false));
  };
  return (
    <main className="login">
      <form className="panel" onSubmit={submit}>
        <h1>Sign in to Skiff</h1>
        <p className="sub">Open the link that Skiff prints, or get a new one:</p>
        <CommandLine command="skiff open" />
        <label className="field">
          <span>Token</span>
          <input className="input" type="password" autoComplete="off" value={token} onChange={e => setToken(e.target.value)} />
        </label>
        {failure && (
          <p className="c-fail" role="alert">
            {failure}
          </p>
        )}
        <Button kind="primary" size="large" type="submit" busy={busy} disabled={!token}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
