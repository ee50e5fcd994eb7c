/** Where the bytes of an artifact are, as the artifact route wants it. */
export type ArtifactSource = { source: string; bucket: string; key: string };
/** `minio://bucket/a/b` taken apart; undefined when it has no bytes that the route can serve (for example `oci://`). */
export function parseUri(uri: string): ArtifactSource | undefined {
  const match = /^(minio|s3|gs|gcs|http|https|volume|file):\/\/([^/]*)\/(.*)$/.exec(uri);
  if (!match) return undefined;
  const source = match[1] === 'gs' ? 'gcs' : match[1]!;
  return { source, bucket: match[2]!, key: match[3]! };
}
/** The address of the bytes; `peek` asks for the first so many only. */
export function bytesUrl(uri: string, namespace: string, peek?: number): string | undefined {
  const source = parseUri(uri);
  if (!source) return undefined;
  const search = new URLSearchParams({ ...source, namespace, ...(peek === undefined ? {} : { peek: String(peek) }) });
  return `/artifacts/get?${search}`;
}
export type PreviewKind = 'metrics' | 'classification' | 'html' | 'markdown' | 'image' | 'table' | 'json' | 'text' | 'none';
const byEnding: [RegExp, PreviewKind][] = [
  [/\.html?$/i, 'html'],
  [/\.(md|markdown)$/i, 'markdown'],
  [/\.(png|jpe?g|gif|webp|svg)$/i, 'image'],
  [/\.(csv|tsv)$/i, 'table'],
  [/\.(json|ipynb)$/i, 'json'],
  [/\.(txt|log|ya?ml|py|toml|ini|sql)$/i, 'text'],
  [/\.(ubj|pt|pth|bin|onnx|pkl|joblib|h5|safetensors|parquet|zip|gz|tar|npy|npz)$/i, 'none'],
];
/** How an artifact is shown: by its KFP type, then by the ending of its key; unknown bytes are looked at as text. */
export function previewKind(type: string, uri: string): PreviewKind {
  const short = type.replace(/^(system|google)\./, '');
  if (short === 'Metrics') return 'metrics';
  if (/Classification/.test(short)) return 'classification';
  if (short === 'HTML') return 'html';
  if (short === 'Markdown') return 'markdown';
  return byEnding.find(([ending]) => ending.test(uri))?.[1] ?? (short === 'Model' ? 'none' : 'text');
}
/** Rows of a CSV or TSV text, with quotes as RFC 4180 has them; at most `limit` rows. */
export function parseTable(text: string, limit = 1000): string[][] {
  const separator = text.slice(0, text.indexOf('\n')).includes('\t') ? '\t' : ',';
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length && rows.length < limit; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') cell += text[++i];
      else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"') quoted = true;
    else if (c === separator || c === '\n') {
      row.push(cell.replace(/\r$/, ''));
      cell = '';
      if (c === '\n') {
        rows.push(row);
        row = [];
      }
    } else cell += c;
  }
  if ((cell || row.length) && rows.length < limit) rows.push([...row, cell]);
  return rows;
}
