import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Play, X } from 'lucide-react';
import { keepNamespace } from '../../app/search.ts';
import { listRuns } from '../../data/kfp.ts';
import { plural } from '../../lib/quantity.ts';
import { Button, buttonClass } from '../../parts/button.tsx';
import { FirstUse } from '../../parts/empty.tsx';
import { matches, needsClient, parseQuery, type QueryContext, type Token, toPredicates, without } from './query.ts';

export function NoRuns({ namespace }: { namespace: string | undefined }) {
  return (
    <FirstUse
      title={namespace ? `No runs in ${namespace} yet` : 'No runs yet'}
      command="skiff run pipeline.yaml"
      actions={
        <>
          <Link className={buttonClass('primary')} to="/runs/new" search={keepNamespace}>
            <Play className="i" aria-hidden />
            Start run
          </Link>
          <Link className={buttonClass()} to="/pipelines" search={s => ({ ...keepNamespace(s), upload: 'new' })}>
            Upload pipeline
          </Link>
        </>
      }
    >
      A run executes a pipeline once. Start one from here or from a terminal.
    </FirstUse>
  );
}
/** Which filter to drop, with what each would find. */
export function NoMatch({
  tokens,
  namespace,
  context,
  onQuery,
}: {
  tokens: readonly Token[];
  namespace: string | undefined;
  context: QueryContext;
  onQuery(text: string): void;
}) {
  const counts = useQueries({
    queries: tokens.map(token => {
      const rest = parseQuery(without(tokens, token));
      const predicates = toPredicates(rest, context);
      return {
        queryKey: ['runs', 'without', namespace ?? '', JSON.stringify(rest.map(t => t.text))],
        queryFn: async ({ signal }: { signal: AbortSignal }) => {
          const page = await listRuns(
            {
              ...(namespace ? { namespace } : {}),
              page_size: needsClient(rest) ? 200 : 1,
              predicates,
              sort_by: 'created_at desc',
            },
            signal,
          );
          return needsClient(rest) ? (page.runs ?? []).filter(r => matches(r, rest, context)).length : (page.total_size ?? 0);
        },
      };
    }),
  });
  if (tokens.length === 0) return <p className="sub nomatch">No runs here.</p>;
  return (
    <div className="nomatch">
      <h3>{tokens.length === 1 ? 'No run matches this filter' : `No run matches these ${tokens.length} filters`}</h3>
      <p className="sub">Dropping one of them finds:</p>
      <ul className="drop">
        {tokens.map((token, i) => {
          const count = counts[i]?.data;
          return (
            <li key={token.text}>
              <span className="chip">
                {token.text} <X className="i" aria-hidden />
              </span>
              <span className="grow" />
              {count === undefined ? (
                <span className="dim">…</span>
              ) : (
                <button type="button" className={count ? 'link' : 'dim'} onClick={() => onQuery(without(tokens, token))}>
                  {plural(count, 'run')}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <Button onClick={() => onQuery('')}>Clear all</Button>
    </div>
  );
}
