import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededIds, silentLogger, systemClock } from '../lib/index.ts';
import type { Client } from './client.ts';
import type { ControllerDef, Performer, Source } from './controller.ts';
import { errors } from './errors.ts';
import { startControllers } from './runner.ts';
import { faultyClient } from './testing/faulty-client.ts';
import { MemoryApi } from './testing/memory-client.ts';
import { type Obj, refOf } from './types.ts';

type Sets = Obj<{ replicas: number }, { ready: number }>;

/** A small ReplicaSet: makes numbered Pods, counts them, removes what is too many. */
const sets: ControllerDef<Sets, { plans: number }> = {
  name: 'sets',
  for: 'test/v1/Set',
  owns: ['v1/Pod'],
  plan({ object, owned, memo }) {
    const pods = owned('v1/Pod');
    const names = Array.from({ length: object.spec?.replicas ?? 0 }, (_, i) => `${object.metadata.name}-${i}`);
    const { name, namespace, uid } = object.metadata;
    return {
      memo: { plans: (memo?.plans ?? 0) + 1 },
      status: { ready: pods.length },
      writes: [
        ...names
          .filter(n => !pods.some(p => p.metadata.name === n))
          .map(n => ({
            verb: 'create' as const,
            object: {
              apiVersion: 'v1',
              kind: 'Pod',
              metadata: {
                name: n,
                namespace: namespace!,
                ownerReferences: [{ apiVersion: 'test/v1', kind: 'Set', name, uid: uid!, controller: true }],
              },
            },
          })),
        ...pods
          .filter(p => !names.includes(p.metadata.name))
          .map(p => ({ verb: 'delete' as const, ref: refOf(p), uid: p.metadata.uid! })),
      ],
    };
  },
};
const set = (replicas: number): Sets => ({
  apiVersion: 'test/v1',
  kind: 'Set',
  metadata: { name: 'a', namespace: 'default' },
  spec: { replicas },
});

async function until(what: string, check: () => boolean): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (check()) return;
    await new Promise(resolve => setImmediate(resolve));
    if (i > 200) await systemClock.sleep(5);
  }
  assert.fail(`waited in vain until ${what}`);
}
function world(
  api: MemoryApi,
  o: {
    faulty?: number;
    wrap?: (c: Client) => Client;
    controllers?: ControllerDef[];
    sources?: Source[];
    performers?: Performer[];
  } = {},
) {
  const ids = seededIds(o.faulty ?? 0);
  const client = o.wrap ? o.wrap(api.client()) : api.client();
  const bad = o.faulty === undefined ? client : faultyClient(client, ids, systemClock);
  return startControllers({
    client: bad,
    controllers: o.controllers ?? [sets],
    sources: o.sources ?? [],
    performers: o.performers ?? [],
    clock: systemClock,
    log: silentLogger,
  });
}
const ready = (api: MemoryApi) => (api.list('test/v1/Set')[0]?.status as { ready?: number } | undefined)?.ready;

for (const faulty of [undefined, 1, 2, 3]) {
  test(`brings objects to what their spec asks${faulty ? ` on a bad day (seed ${faulty})` : ''}`, async () => {
    const api = new MemoryApi();
    api.put(set(20));
    const runner = world(api, faulty === undefined ? {} : { faulty });
    await until('20 Pods are counted', () => ready(api) === 20);
    api.put({ ...set(3), metadata: { ...set(3).metadata, uid: 'uid-default/a' } });
    await until('3 Pods are left', () => ready(api) === 3 && api.list('v1/Pod').length === 3);
    await runner.stop();
    const creates = api.calls.filter(c => c.startsWith('create v1/Pod'));
    if (faulty === undefined) assert.equal(new Set(creates).size, creates.length, 'no Pod is created twice');
  });
}

test('says what the API refuses, and tries again', async () => {
  const api = new MemoryApi();
  let refusals = 0;
  const refusing = (client: Client): Client =>
    new Proxy(client, {
      get(target, key) {
        if (key === 'as') return (...who: Parameters<Client['as']>) => refusing(target.as(...who));
        const member: unknown = Reflect.get(target, key, target);
        if (key !== 'write') return typeof member === 'function' ? member.bind(target) : member;
        return async (...args: Parameters<Client['write']>) => {
          const [w] = args;
          if (w.verb === 'create' && w.object.kind === 'Pod' && refusals++ === 0)
            throw errors.forbidden({ group: '', plural: 'pods' }, w.object.metadata.name, 'exceeded quota: q');
          return target.write(...args);
        };
      },
    });
  const said: string[] = [];
  const controller: ControllerDef<Sets> = {
    ...sets,
    plan(observed, now) {
      const refused = (message: string) => {
        said.push(message);
        return { events: [{ reason: 'FailedCreate', message }], status: { ready: -1 } };
      };
      return { ...sets.plan(observed as never, now), refused };
    },
  };
  api.put(set(1));
  const runner = world(api, { controllers: [controller], wrap: refusing });
  await until('the Pod is counted', () => ready(api) === 1);
  assert.deepEqual(said, ['pods "a-0" is forbidden: exceeded quota: q']);
  await runner.stop();
  assert.deepEqual(
    (api.list('v1/Event') as (Obj & { reason?: string })[]).map(e => e.reason),
    ['FailedCreate'],
  );
  assert.equal(runner.stats()[0]!.errors, 0);
});

test('performs write-ahead effects before the writes of the same plan', async () => {
  const api = new MemoryApi();
  const order: string[] = [];
  const controller: ControllerDef = {
    name: 'ahead',
    for: 'test/v1/Set',
    owns: ['v1/ConfigMap'],
    plan: ({ object, owned }) =>
      owned('v1/ConfigMap').length > 0
        ? {}
        : {
            effects: [
              { name: 'after', id: '2', params: 'after' },
              { name: 'before', id: '1', params: 'before' },
            ],
            writes: [
              {
                verb: 'create',
                object: {
                  apiVersion: 'v1',
                  kind: 'ConfigMap',
                  metadata: {
                    name: 'c',
                    namespace: 'default',
                    ownerReferences: [
                      { apiVersion: 'test/v1', kind: 'Set', name: 'a', uid: object.metadata.uid!, controller: true },
                    ],
                  },
                },
              },
            ],
          },
  };
  const performer = (name: string, when: Performer['order']): Performer => ({
    name,
    order: when,
    async perform(params) {
      order.push(`${params} ${api.calls.filter(c => c.includes('ConfigMap')).length}`);
    },
  });
  api.put(set(0));
  const runner = world(api, {
    controllers: [controller],
    performers: [performer('before', 'beforeWrites'), performer('after', 'afterWrites')],
  });
  await until('both ran', () => order.length === 2);
  assert.deepEqual(order, ['before 0', 'after 1']);
  await runner.stop();
});

test('a changed fact plans the object again, and needs start and stop the source', async () => {
  const api = new MemoryApi();
  const facts = new Map<string, number>();
  const wanted: string[] = [];
  let changed: (key: string) => void = () => {};
  const source: Source<number> = {
    name: 'load',
    async start(o) {
      changed = o.changed;
    },
    get: key => facts.get(key),
    want: key => wanted.push(`+${key}`),
    drop: key => wanted.push(`-${key}`),
  };
  const controller: ControllerDef<Sets> = {
    name: 'loads',
    for: 'test/v1/Set',
    sources: [{ name: 'load' }],
    plan: ({ object, signal }) => ({
      status: { ready: signal<number>('load') ?? -1 },
      needs: [{ source: 'load', key: object.metadata.uid! }],
    }),
  };
  const made = api.put(set(0));
  const runner = world(api, { controllers: [controller], sources: [source] });
  await until('planned without a fact', () => ready(api) === -1);
  facts.set(made.metadata.uid!, 7);
  changed(made.metadata.uid!);
  await until('planned with the fact', () => ready(api) === 7);
  await api.client().write({ verb: 'delete', ref: refOf(made) });
  await until('the source was let go', () => wanted.at(-1) === `-${made.metadata.uid}`);
  await runner.stop();
});

test('refuses to read what the controller does not declare', async () => {
  const api = new MemoryApi();
  let message = '';
  const controller: ControllerDef = {
    name: 'nosy',
    for: 'test/v1/Set',
    plan({ find }) {
      try {
        find('v1/Secret', {});
      } catch (e) {
        message = (e as Error).message;
      }
      return {};
    },
  };
  api.put(set(0));
  const runner = world(api, { controllers: [controller] });
  await until('planned', () => message !== '');
  assert.equal(message, 'nosy does not declare that it reads v1/Secret');
  await runner.stop();
});
