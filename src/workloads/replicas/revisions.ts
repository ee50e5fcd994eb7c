import { type Frozen, jsonEqual, type Obj, refOf, type Write } from '../../kube/index.ts';
import { templateHash } from '../names.ts';
import { controllerRef, type PodTemplate } from '../objects.ts';

/** A Pod template as it once stood, which `kubectl rollout undo` puts back. */
export type Revision = Obj & { data?: { spec: { template: PodTemplate } }; revision: number };
type AnyRevision = Frozen<Revision>;
type Owner = Frozen<Obj<{ template?: PodTemplate; revisionHistoryLimit?: number }>>;

export type Revisions = {
  /** The name and hash of the template that stands in the spec now. */
  name: string;
  hash: string;
  /** The template of a revision; undefined when it is not kept. */
  templateOf(name: string | undefined): Frozen<PodTemplate> | undefined;
  /** The number of the present template and what is to be kept and forgotten. */
  writes: Write[];
};

/**
 * The history of an object's template. One that comes back gets the newest number again.
 *
 * @source kubernetes pkg/controller/history/controller_history.go, from knowledge
 */
export function revisionsOf(owner: Owner, kept: readonly AnyRevision[], isUsed: (name: string) => boolean): Revisions {
  const template = owner.spec?.template as PodTemplate;
  const data = { spec: { template: { ...template, $patch: 'replace' } } };
  const newest = Math.max(0, ...kept.map(r => r.revision));
  const same = kept.find(r => jsonEqual(r.data, data));
  const hash = same?.metadata.labels?.[HASH] ?? templateHash(template);
  const name = same?.metadata.name ?? `${owner.metadata.name}-${hash}`;
  const writes: Write[] = [];
  if (!same) writes.push({ verb: 'create', object: revisionOf(owner, { name, hash, data, revision: newest + 1 }) });
  else if (same.revision < newest)
    writes.push({ verb: 'patch', ref: refOf(same), type: 'merge', patch: { revision: newest + 1 } });
  const idle = kept.filter(r => r !== same && !isUsed(r.metadata.name)).toSorted((a, b) => a.revision - b.revision);
  const surplus = idle.slice(0, Math.max(0, idle.length - (owner.spec?.revisionHistoryLimit ?? 10)));
  writes.push(...surplus.map((r): Write => ({ verb: 'delete', ref: refOf(r), uid: r.metadata.uid! })));
  const templateOf = (of: string | undefined) =>
    of === name ? template : kept.find(r => r.metadata.name === of)?.data?.spec.template;
  return { name, hash, templateOf, writes };
}

const HASH = 'controller.kubernetes.io/hash';

function revisionOf(owner: Owner, o: { name: string; hash: string; data: unknown; revision: number }): Revision {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: o.name,
      namespace: owner.metadata.namespace!,
      labels: { ...owner.spec?.template?.metadata?.labels, [HASH]: o.hash },
      ownerReferences: [controllerRef(owner)],
    },
    data: o.data,
    revision: o.revision,
  } as Revision;
}
