import { type Frozen, type Gvk, gvkOf, type Obj, type OwnerReference, type Ref, refOf } from '../../kube/index.ts';

type AnyObject = Frozen<Obj>;
/** What the graph keeps of an object: who owns it, where it is, whether it is on its way out. */
type Node = {
  ref: Ref & { uid: string };
  owners: readonly Frozen<OwnerReference>[];
  finalizers: readonly string[];
  isDeleting: boolean;
};

/** Something that the garbage collector should see to. */
export type Garbage =
  /** Owners of `object` are not known: perhaps it is to go. */
  | { type: 'dangling'; object: Ref & { uid: string }; owners: readonly Frozen<OwnerReference>[]; unknown: readonly string[] }
  /** `owner` waits in foreground deletion for its dependents. */
  | { type: 'foreground'; owner: Ref & { uid: string }; finalizers: readonly string[]; dependents: Dependent[] }
  /** `owner` goes and leaves its dependents behind. */
  | { type: 'orphan'; owner: Ref & { uid: string }; finalizers: readonly string[]; dependents: Dependent[] };
export type Dependent = {
  object: Ref & { uid: string };
  owners: readonly Frozen<OwnerReference>[];
  isDeleting: boolean;
  /** It has dependents itself that its own deletion must wait for. */
  isOwner: boolean;
  /** Some other owner is alive and means to stay. */
  isKept: boolean;
};
/** An object of a namespace, as its deletion sees it. */
export type Content = { ref: Ref & { uid: string }; gvk: Gvk; isDeleting: boolean; finalizers: readonly string[] };

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** Owners and dependents of all objects, kept up by events in any order. Pure memory: no reads, no writes, no time. */
export class OwnerGraph {
  readonly #nodes = new Map<string, Node>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #byNamespace = new Map<string, Set<string>>();
  /** Objects with an owner that the graph does not know. */
  readonly #dangling = new Set<string>();
  readonly #foreground = new Set<string>();
  readonly #orphan = new Set<string>();
  /** Owners of kinds nobody watches that were found alive. */
  readonly #alive = new Set<string>();

  /** Takes in what happened to an object. Says whether there may be new work, and in which namespace contents changed. */
  observe(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: AnyObject): { isWork: boolean } {
    const { uid } = object.metadata;
    if (!uid) return { isWork: false };
    if (type === 'DELETED') return this.#remove(uid);
    const before = this.#nodes.get(uid);
    const node: Node = {
      ref: { ...refOf(object), uid },
      owners: object.metadata.ownerReferences ?? [],
      finalizers: object.metadata.finalizers ?? [],
      isDeleting: object.metadata.deletionTimestamp !== undefined,
    };
    if (before) this.#unlink(before);
    this.#nodes.set(uid, node);
    for (const owner of node.owners) setIn(this.#dependents, owner.uid).add(uid);
    if (node.ref.namespace) setIn(this.#byNamespace, node.ref.namespace).add(uid);
    mark(this.#foreground, uid, node.isDeleting && node.finalizers.includes(FOREGROUND));
    mark(this.#orphan, uid, node.isDeleting && node.finalizers.includes(ORPHAN));
    this.#check(uid);
    // An owner that arrives settles its dependents.
    if (!before) for (const dependent of this.#dependents.get(uid) ?? []) this.#check(dependent);
    return { isWork: this.#isWork(node) };
  }

  /** An owner of a kind that nobody watches was found alive. */
  confirm(ownerUid: string): void {
    this.#alive.add(ownerUid);
    for (const dependent of this.#dependents.get(ownerUid) ?? []) this.#check(dependent);
  }

  garbage(): Garbage[] {
    const items: Garbage[] = [];
    for (const uid of this.#dangling) {
      const { ref, owners } = this.#nodes.get(uid)!;
      items.push({
        type: 'dangling',
        object: ref,
        owners,
        unknown: owners.filter(o => !this.#knows(o.uid, ref)).map(o => o.uid),
      });
    }
    for (const type of ['foreground', 'orphan'] as const)
      for (const uid of type === 'foreground' ? this.#foreground : this.#orphan) {
        const { ref, finalizers } = this.#nodes.get(uid)!;
        items.push({ type, owner: ref, finalizers, dependents: this.#dependentsOf(uid) });
      }
    return items;
  }

  inNamespace(namespace: string): Content[] {
    return [...(this.#byNamespace.get(namespace) ?? [])].map(uid => {
      const { ref, isDeleting, finalizers } = this.#nodes.get(uid)!;
      return { ref, gvk: gvkOf(ref), isDeleting, finalizers };
    });
  }

  #dependentsOf(ownerUid: string): Dependent[] {
    return [...(this.#dependents.get(ownerUid) ?? [])].map(uid => {
      const { ref, owners, isDeleting } = this.#nodes.get(uid)!;
      const others = owners.filter(o => o.uid !== ownerUid).map(o => this.#nodes.get(o.uid));
      const isKept = others.some(o => o && !(o.isDeleting && o.finalizers.includes(FOREGROUND)));
      return { object: ref, owners, isDeleting, isOwner: (this.#dependents.get(uid)?.size ?? 0) > 0, isKept };
    });
  }
  #knows(ownerUid: string, dependent: Ref): boolean {
    const owner = this.#nodes.get(ownerUid);
    // An owner in another namespace is none.
    return owner ? !owner.ref.namespace || owner.ref.namespace === dependent.namespace : this.#alive.has(ownerUid);
  }
  #check(uid: string): void {
    const node = this.#nodes.get(uid);
    mark(this.#dangling, uid, node !== undefined && !node.isDeleting && node.owners.some(o => !this.#knows(o.uid, node.ref)));
  }
  #isWork(node: Node): boolean {
    const { uid } = node.ref;
    if (this.#dangling.has(uid) || this.#foreground.has(uid) || this.#orphan.has(uid)) return true;
    return node.owners.some(o => this.#foreground.has(o.uid) || this.#orphan.has(o.uid));
  }
  #remove(uid: string): { isWork: boolean } {
    const node = this.#nodes.get(uid);
    if (!node) return { isWork: false };
    this.#unlink(node);
    this.#nodes.delete(uid);
    for (const set of [this.#dangling, this.#foreground, this.#orphan]) set.delete(uid);
    const dependents = this.#dependents.get(uid);
    for (const dependent of dependents ?? []) this.#check(dependent);
    return { isWork: dependents !== undefined || node.owners.some(o => this.#foreground.has(o.uid)) };
  }
  #unlink(node: Node): void {
    for (const owner of node.owners) dropFrom(this.#dependents, owner.uid, node.ref.uid);
    if (node.ref.namespace) dropFrom(this.#byNamespace, node.ref.namespace, node.ref.uid);
  }
}

function mark(set: Set<string>, uid: string, isIn: boolean): void {
  if (isIn) set.add(uid);
  else set.delete(uid);
}
function setIn(index: Map<string, Set<string>>, key: string): Set<string> {
  const set = index.get(key) ?? new Set<string>();
  index.set(key, set);
  return set;
}
function dropFrom(index: Map<string, Set<string>>, key: string, uid: string): void {
  const set = index.get(key);
  set?.delete(uid);
  if (set?.size === 0) index.delete(key);
}
