import type { Performer } from '../../kube/index.ts';
import { EFFECT, type RefreshParams, type RemoveParams, type StartParams, type StopParams } from '../agent/fact.ts';
import type { Remover } from './remover.ts';
import type { Starter } from './starter.ts';
import type { Stopper } from './stopper.ts';

/** The commands of the plan, each by its name. */
export function performersOf(o: { starter: Starter; stopper: Stopper; remover: Remover }): Performer[] {
  const { starter, stopper, remover } = o;
  return [
    performer<StartParams>(EFFECT.podStart, (p, { client }) => starter.start(p, client)),
    performer<StartParams>(EFFECT.containerStart, (p, { client }) => starter.start(p, client)),
    performer<StopParams>(EFFECT.containerStop, p => stopper.stop(p)),
    performer<RemoveParams>(EFFECT.podRemove, p => {
      stopper.forget(p.uid);
      return remover.remove(p.uid);
    }),
    performer<RefreshParams>(EFFECT.volumesRefresh, (p, { client }) => starter.refresh(p, client)),
  ];
}
function performer<P>(name: string, perform: Performer<P>['perform']): Performer {
  return { name, order: 'afterWrites', perform: (params, ctx) => perform(params as P, ctx) };
}
