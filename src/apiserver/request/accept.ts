import { errors } from '../../kube/index.ts';

/** How an answer is to be written. */
export type Answer = {
  format: 'json' | 'yaml';
  as: 'object' | 'Table' | 'PartialObjectMetadata';
  /** The Table version that the client named. */
  tableVersion: 'v1' | 'v1beta1';
  stream: boolean;
  pretty: boolean;
};
type MediaType = { type: string; params: Record<string, string>; quality: number };

function parseAccept(accept: string): MediaType[] {
  const types = accept.split(',').map((part): MediaType => {
    const [type, ...params] = part.trim().split(';');
    const pairs = Object.fromEntries(params.map(p => p.trim().split('=') as [string, string]));
    return { type: type!.trim().toLowerCase(), params: pairs, quality: Number(pairs['q'] ?? 1) };
  });
  return types.sort((a, b) => b.quality - a.quality);
}

const FORMATS: Readonly<Record<string, Answer['format']>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  '*/*': 'json',
  'application/*': 'json',
};
const ACCEPTED = ['application/json', 'application/yaml'];

/**
 * The first media type of the Accept header that can be served. `tables` tells whether this answer can be a Table.
 * @throws StatusError 406
 * @source apiserver pkg/endpoints/handlers/negotiation@24a394e516bf
 */
export function negotiate(accept: string | undefined, query: URLSearchParams | undefined, tables = false): Answer {
  const pretty = query?.has('pretty') === true && query.get('pretty') !== 'false' && query.get('pretty') !== '0';
  const plain: Answer = { format: 'json', as: 'object', tableVersion: 'v1', stream: false, pretty };
  if (!accept || accept === 'application/json') return plain;
  for (const { type, params } of parseAccept(accept)) {
    const format = FORMATS[type];
    if (!format) continue;
    const stream = params['stream'] === 'watch';
    const as = params['as'];
    if (as === undefined) return { ...plain, format, stream };
    if (params['g'] !== 'meta.k8s.io' || !tables) continue;
    const version = params['v'];
    if (as === 'Table' && (version === 'v1' || version === 'v1beta1'))
      return { ...plain, format, as, tableVersion: version, stream };
    if (as.startsWith('PartialObjectMetadata') && (version === 'v1' || version === 'v1beta1'))
      return { ...plain, format, as: 'PartialObjectMetadata', stream };
  }
  throw errors.notAcceptable(ACCEPTED);
}
