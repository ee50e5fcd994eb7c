/** The links that the kfp SDK prints (`/#/runs/details/{id}`), as addresses of this console. */
export function fromKfpHash(hash: string): string | undefined {
  const [, kind, id, , version] = /^#\/(runs|pipelines|experiments)\/details\/([^/?]+)(\/version\/([^/?]+))?/.exec(hash) ?? [];
  if (!kind || !id) return undefined;
  return `/${kind}/${id}${kind === 'pipelines' && version ? `?version=${version}` : ''}`;
}
