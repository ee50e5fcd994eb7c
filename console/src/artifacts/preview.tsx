import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import type { ArtifactView } from '../../../src/pipelines/api/view.ts';
import { request } from '../data/http.ts';
import { valueText } from '../lib/quantity.ts';
import { Problem } from '../parts/problem.tsx';
import { SkeletonRows } from '../parts/skeleton.tsx';
import { confusionOf, rocOf } from './classification.ts';
import { ConfusionMatrix, RocCurve } from './classification-view.tsx';
import './artifacts.css';
import { bytesUrl, parseTable, previewKind } from './uri.ts';

const Markdown = lazy(() => import('./markdown.tsx').then(m => ({ default: m.Markdown })));
const peekBytes = 65_536;

/** What an artifact looks like, without leaving the page. */
export function ArtifactPreview({ artifact, namespace }: { artifact: ArtifactView; namespace: string }) {
  const kind = previewKind(artifact.type, artifact.uri);
  const whole = bytesUrl(artifact.uri, namespace);
  if (kind === 'metrics') return <MetricsTable values={artifact.metadata ?? {}} />;
  if (kind === 'classification') return <Classification artifact={artifact} />;
  if (kind === 'none' || !whole)
    return <MetricsTable values={artifact.metadata ?? {}} empty="No preview for this type. The metadata is empty." />;
  if (kind === 'image') return <img className="artimg" src={whole} alt={artifact.name} />;
  if (kind === 'html') return <iframe className="arthtml" title={artifact.name} sandbox="allow-scripts" src={whole} />;
  return <TextPreview artifact={artifact} url={bytesUrl(artifact.uri, namespace, peekBytes)!} kind={kind} />;
}
function MetricsTable({ values, empty = 'No values were logged.' }: { values: Record<string, unknown>; empty?: string }) {
  const entries = Object.entries(values);
  if (entries.length === 0) return <p className="dim t12">{empty}</p>;
  return (
    <table className="t mini-t">
      <tbody>
        {entries.map(([name, value]) => (
          <tr key={name}>
            <td className="mono">{name}</td>
            <td className="mono num b6">{valueText(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
function Classification({ artifact }: { artifact: ArtifactView }) {
  const confusion = confusionOf(artifact.metadata);
  const roc = rocOf(artifact.metadata);
  if (!confusion && !roc) return <MetricsTable values={artifact.metadata ?? {}} />;
  return (
    <>
      {confusion && <ConfusionMatrix matrix={confusion} />}
      {roc && <RocCurve points={roc} />}
    </>
  );
}
function TextPreview({
  artifact,
  url,
  kind,
}: {
  artifact: ArtifactView;
  url: string;
  kind: 'markdown' | 'table' | 'json' | 'text';
}) {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['artifact-text', url],
    queryFn: async ({ signal }) => (await request(url, { headers: { accept: '*/*' }, signal })).text(),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (isPending) return <SkeletonRows rows={3} what={artifact.uri} />;
  if (error) return <Problem error={error} what={`the bytes of ${artifact.name}`} retry={() => void refetch()} />;
  if (data.includes('\u0000')) return <p className="dim t12">Binary data, no preview.</p>;
  if (kind === 'markdown') {
    return (
      <Suspense>
        <Markdown text={data} />
      </Suspense>
    );
  }
  if (kind === 'table') return <TableView rows={parseTable(data)} cut={data.length >= peekBytes} />;
  return <pre className="code arttext">{kind === 'json' ? pretty(data) : data}</pre>;
}
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // A peek may end in the middle of the document.
  }
}
function TableView({ rows, cut }: { rows: readonly string[][]; cut: boolean }) {
  const [head = [], ...body] = rows;
  const shown = body.slice(0, 200);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <section className="arttable" tabIndex={0} aria-label="Table preview">
      <table>
        <thead>
          <tr>
            {head.map((cell, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns may have equal names
              <th key={i}>{cell}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity
            <tr key={i}>
              {row.map((cell, j) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns may have equal names
                <td key={j} className={/^-?[\d.,]+$/.test(cell) ? 'num' : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="dim t11">
        {shown.length} rows{cut || body.length > shown.length ? ', the first of more' : ''}, {head.length} columns
      </p>
    </section>
  );
}
