import {
  type ControllerDef,
  deepFreeze,
  type Frozen,
  type Gvk,
  gvkOf,
  type Obj,
  type Observed,
  type Plan,
  parseLabelSelector,
} from '../kube/index.ts';

/** What a plan is tested with: objects of the world, facts of sources, the memo of the plan before. */
export type World = { objects?: readonly Obj[]; signals?: Record<string, unknown>; memo?: unknown };

/** One plan of `def` over frozen objects, made twice: both must be equal. Reading an undeclared kind fails. */
export function planOf(def: ControllerDef, object: Obj, world: World, now: Date): Plan {
  const objects = deepFreeze([...(world.objects ?? []), object]) as unknown as Frozen<Obj>[];
  const declared = [def.for, ...(def.owns ?? []), ...(def.reads ?? []).map(r => r.gvk)];
  const ofKind = (gvk: Gvk) => {
    if (!declared.includes(gvk)) throw new Error(`${def.name} reads ${gvk} without saying so`);
    return objects.filter(o => gvkOf(o) === gvk);
  };
  const observed: Observed = {
    object: objects.at(-1)!,
    memo: deepFreeze(world.memo),
    owned: gvk =>
      ofKind(gvk).filter(o => o.metadata.ownerReferences?.some(r => r.controller && r.uid === object.metadata.uid)) as never,
    find(gvk, by) {
      if ('name' in by)
        return ofKind(gvk).filter(
          o => o.metadata.name === by.name && o.metadata.namespace === by.namespace && (!by.uid || by.uid === o.metadata.uid),
        ) as never;
      const selector = parseLabelSelector(by.labels ?? '');
      const isHere = (o: Frozen<Obj>) => by.namespace === undefined || o.metadata.namespace === by.namespace;
      return ofKind(gvk).filter(o => isHere(o) && selector.matches(o.metadata.labels)) as never;
    },
    signal: (source, key = object.metadata.uid) => deepFreeze(world.signals?.[`${source}/${key}`]) as never,
  };
  const plan = def.plan(observed, now);
  const again = def.plan(observed, now);
  if (JSON.stringify(again) !== JSON.stringify(plan)) throw new Error('a plan over the same world differs');
  return plan;
}

/** The writes of a plan in short: `create v1/Pod a`, `delete v1/Pod a`, `patch apps/v1/ReplicaSet b`. */
export function writesOf(plan: Plan): string[] {
  return (plan.writes ?? []).map(w => {
    const target = 'object' in w ? { ...w.object, name: w.object.metadata.name } : w.ref;
    return `${w.verb} ${gvkOf(target)} ${target.name}`;
  });
}
