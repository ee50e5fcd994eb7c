import type { Frozen, Obj } from '../../kube/index.ts';
import type { Conversion } from './resource.ts';

type Members = Record<string, unknown>;
/** Renames members; what is undefined is left out. */
function renamed(o: Members, names: Readonly<Record<string, string>>): Members {
  const out: Members = {};
  for (const [key, value] of Object.entries(o)) if (value !== undefined) out[names[key] ?? key] = value;
  return out;
}

const EVENT_NAMES = {
  involvedObject: 'regarding',
  message: 'note',
  reportingComponent: 'reportingController',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
};
const CORE_NAMES = Object.fromEntries(Object.entries(EVENT_NAMES).map(([core, events]) => [events, core]));

/** events.k8s.io/v1 over core/v1: one storage, other names. @source kubernetes pkg/apis/events/v1/conversion.go */
export const eventConversion: Conversion = {
  toStorage: o => ({ ...renamed(o as unknown as Members, CORE_NAMES), apiVersion: 'v1' }) as unknown as Obj,
  fromStorage: o => ({ ...renamed(o as unknown as Members, EVENT_NAMES), apiVersion: 'events.k8s.io/v1' }) as unknown as Obj,
};

type HpaV1 = { spec?: Members; status?: Members };
type Metric = { type: string; resource?: { name: string; target?: Members; current?: Members } };
const isCpu = (m: Metric) => m.type === 'Resource' && m.resource?.name === 'cpu';

/** autoscaling/v1 knows one CPU utilisation; the rest travels in annotations upstream and is kept from the stored object here. */
export const hpaConversion: Conversion = {
  toStorage: o => {
    const { spec = {}, status } = o as unknown as HpaV1;
    const { targetCPUUtilizationPercentage: target, ...rest } = spec;
    const metrics =
      target === undefined
        ? []
        : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }];
    const { currentCPUUtilizationPercentage: current, ...state } = status ?? {};
    const currentMetrics =
      current === undefined
        ? {}
        : { currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }] };
    return {
      ...o,
      apiVersion: 'autoscaling/v2',
      spec: { ...rest, ...(metrics.length > 0 ? { metrics } : {}) },
      ...(status ? { status: { ...state, ...currentMetrics } } : {}),
    };
  },
  fromStorage: (o: Frozen<Obj>) => {
    const { metrics, behavior: _, ...rest } = (o.spec ?? {}) as Members & { metrics?: Metric[] };
    const { currentMetrics, conditions: __, ...state } = (o.status ?? {}) as Members & { currentMetrics?: Metric[] };
    const target = metrics?.find(isCpu)?.resource?.target?.['averageUtilization'];
    const current = currentMetrics?.find(isCpu)?.resource?.current?.['averageUtilization'];
    return {
      ...(o as Obj),
      apiVersion: 'autoscaling/v1',
      spec: { ...rest, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
      ...(o.status
        ? { status: { ...state, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) } }
        : {}),
    };
  },
};
