import {
  type Client,
  type ControllerDef,
  type Effect,
  type Frozen,
  isReason,
  type Obj,
  type OwnerReference,
  type Performer,
  type Plan,
  type Ref,
  type Write,
} from '../../kube/index.ts';
import type { ObjectFeed } from './object-feed.ts';
import { type Dependent, FOREGROUND, type Garbage, ORPHAN } from './owner-graph.ts';

type Suspect = { object: Ref & { uid: string }; owners: readonly Frozen<OwnerReference>[] };

const COLLECT = 'garbage.collect';
const FOLLOW = 'garbage.follow';

/**
 * Deletes what nobody owns any more, and carries out foreground and orphan deletions. One plan over all garbage; the kind it
 * is for only gives it a key.
 *
 * @source kubernetes pkg/controller/garbagecollector, from knowledge
 */
export const garbageCollector: ControllerDef = {
  name: 'garbage-collector',
  for: 'v1/Namespace',
  key: () => ({ name: 'all' }),
  sources: [{ name: 'garbage', key: () => [{ name: 'all' }] }],
  plan({ signal }): Plan {
    const garbage = signal<readonly Garbage[]>('garbage', 'all');
    return garbage ? planGarbage(garbage as readonly Garbage[]) : { effects: [{ name: FOLLOW, id: 'all', params: {} }] };
  },
};

/** Deletions and finalizers as writes; what only seems to dangle as effects, which look again before they delete. */
export function planGarbage(garbage: readonly Garbage[]): Plan {
  const writes: Write[] = [];
  const effects: Effect[] = [];
  for (const item of garbage) {
    if (item.type === 'dangling') {
      const { object, owners, unknown } = item;
      const params: Suspect = { object, owners };
      effects.push({ name: COLLECT, id: `${object.uid}/${unknown.join('/')}`, params });
    } else if (item.type === 'foreground') writes.push(...foregroundWrites(item));
    else writes.push(...item.dependents.map(d => withoutOwner(d, item.owner.uid)), dropFinalizer(item, ORPHAN));
  }
  return { writes, effects };
}

function foregroundWrites(item: Extract<Garbage, { type: 'foreground' }>): Write[] {
  const blocks = (d: Dependent) => d.owners.some(o => o.uid === item.owner.uid && o.blockOwnerDeletion === true);
  const going = item.dependents.filter(d => !d.isKept);
  if (!going.some(blocks))
    return [...item.dependents.filter(d => d.isKept).map(d => withoutOwner(d, item.owner.uid)), dropFinalizer(item, FOREGROUND)];
  return item.dependents.flatMap((d): Write[] => {
    if (d.isKept) return [withoutOwner(d, item.owner.uid)];
    if (d.isDeleting) return [];
    const { uid, ...ref } = d.object;
    return [{ verb: 'delete', ref, uid, propagation: d.isOwner ? 'Foreground' : 'Background' }];
  });
}
function withoutOwner(d: Dependent, ownerUid: string): Write {
  const ownerReferences = d.owners.filter(o => o.uid !== ownerUid);
  const { uid, ...ref } = d.object;
  return { verb: 'patch', ref, type: 'merge', patch: { metadata: { uid, ownerReferences } } };
}
function dropFinalizer(item: { owner: Ref & { uid: string }; finalizers: readonly string[] }, finalizer: string): Write {
  const { uid, ...ref } = item.owner;
  const finalizers = item.finalizers.filter(f => f !== finalizer);
  return { verb: 'patch', ref, type: 'merge', patch: { metadata: { uid, finalizers } } };
}

/** Starts to follow all objects, with the garbage collector's own permissions. */
export function objectFollower(feed: ObjectFeed): Performer {
  return { name: FOLLOW, order: 'afterWrites', perform: (_, ctx) => feed.follow(ctx) };
}

/** Reads the owners of a suspect; deletes it when all are gone, and forgets those that are when some are alive. */
export function garbageRemover(feed: ObjectFeed): Performer<Suspect> {
  return {
    name: COLLECT,
    order: 'afterWrites',
    async perform({ object, owners }, { client }) {
      const alive = await Promise.all(owners.map(owner => isAlive(client, owner, object.namespace)));
      owners.forEach((owner, i) => {
        if (alive[i]) feed.confirm(owner.uid);
      });
      if (alive.every(Boolean)) return;
      const { uid, ...ref } = object;
      try {
        if (!alive.some(Boolean)) await client.write({ verb: 'delete', ref, uid, propagation: 'Background' });
        else {
          const ownerReferences = owners.filter((_, i) => alive[i]);
          await client.write({ verb: 'patch', ref, type: 'merge', patch: { metadata: { uid, ownerReferences } } });
        }
      } catch (e) {
        if (!isReason(e, 'Conflict') && !isReason(e, 'NotFound')) throw e;
        if (isReason(e, 'NotFound'))
          feed.observe('DELETED', { ...ref, metadata: { name: ref.name, uid } } as unknown as Frozen<Obj>);
      }
    },
  };
}

async function isAlive(client: Client, owner: Frozen<OwnerReference>, namespace: string | undefined): Promise<boolean> {
  const { apiVersion, kind, name, uid } = owner;
  try {
    const found = await client.get({ apiVersion, kind, name, ...(namespace ? { namespace } : {}) });
    return found.metadata.uid === uid;
  } catch (e) {
    if (isReason(e, 'NotFound')) return false;
    throw e;
  }
}
