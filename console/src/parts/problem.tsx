import { CircleX, Lock, RotateCw } from 'lucide-react';
import { ApiError, NoAnswer } from '../data/http.ts';
import { Button } from './button.tsx';
import { copyText } from './copy.tsx';

/** An error in place of the part that failed: what, where, why, next step. Silence is shown by the banner, not here. */
export function Problem({ error, retry, what }: { error: Error; retry?: () => void; what: string }) {
  if (error instanceof NoAnswer) return null;
  const api = error instanceof ApiError ? error : undefined;
  const hidden = api?.status === 403 || api?.status === 401;
  const trace = [api && `${api.status} ${api.reason}`, api?.what, api?.requestId && `request ${api.requestId}`]
    .filter(Boolean)
    .join(', ');
  return (
    <div className="problem" role="alert">
      <span className={hidden ? 'st hold' : 'st fail'}>
        {hidden ? <Lock className="i" aria-hidden /> : <CircleX className="i" aria-hidden />}
        {hidden ? 'Hidden' : api?.status === 404 ? 'Not found' : 'Failed'}
      </span>
      <h3>{hidden ? `You may not see ${what}` : api?.status === 404 ? `There is no ${what}` : `Could not load ${what}`}</h3>
      <p>{error.message}</p>
      <div className="row">
        {retry && (
          <Button icon={RotateCw} onClick={retry}>
            Try again
          </Button>
        )}
        <Button kind="ghost" onClick={() => void copyText(`${what}: ${error.message}\n${trace}\n${location.href}`)}>
          Copy as issue
        </Button>
      </div>
      {trace && <span className="mono dim t11">{trace}</span>}
    </div>
  );
}
