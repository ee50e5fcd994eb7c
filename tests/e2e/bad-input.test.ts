import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RunView } from '../../src/pipelines/api/view.ts';
import { Skiff } from '../lib/skiff.ts';

const MiB = 2 ** 20;
let skiff: Skiff;
before(async () => {
  skiff = await Skiff.start();
});
after(() => skiff.stop());

type Tasks = Record<string, unknown>;
const container = (command: string[], more: object = {}) => ({ container: { image: 'busybox', command, ...more } });
function spec(executors: Record<string, unknown>, o: { tasks?: Tasks; inputs?: object; version?: string; name?: string } = {}) {
  const names = Object.keys(executors);
  const tasks =
    o.tasks ??
    Object.fromEntries(names.map(n => [n, { taskInfo: { name: n }, componentRef: { name: `comp-${n}` }, cachingOptions: {} }]));
  return {
    pipelineInfo: { name: o.name ?? 'bad' },
    schemaVersion: o.version ?? '2.1.0',
    sdkVersion: 'test',
    components: Object.fromEntries(names.map(n => [`comp-${n}`, { executorLabel: `exec-${n}` }])),
    deploymentSpec: { executors: Object.fromEntries(names.map(n => [`exec-${n}`, executors[n]])) },
    root: { dag: { tasks }, ...(o.inputs ? { inputDefinitions: { parameters: o.inputs } } : {}) },
  };
}
const fine = spec({ a: container(['true']) });

type Answer = { status: number; text: string };
async function send(method: string, path: string, body?: string | FormData, type = 'application/json'): Promise<Answer> {
  const response = await skiff.fetch(path, {
    method,
    ...(body === undefined ? {} : { body, ...(body instanceof FormData ? {} : { headers: { 'content-type': type } }) }),
  });
  return { status: response.status, text: await response.text() };
}
async function counts(): Promise<string> {
  const of = async (path: string) => (await skiff.json<{ total_size?: number }>(path)).total_size ?? 0;
  return [await of('/apis/v2beta1/runs'), await of('/apis/v2beta1/pipelines'), await of('/apis/v2beta1/experiments')].join();
}
const run = (pipelineSpec: unknown, more: object = {}) =>
  JSON.stringify({ display_name: 'bad', pipeline_spec: pipelineSpec, ...more });
const upload = (content: string | Uint8Array, name = 'p.yaml') => {
  const form = new FormData();
  form.append('uploadfile', new Blob([content as string]), name);
  return form;
};
const cycle = (t: Tasks) => ({ a: { taskInfo: { name: 'a' }, componentRef: { name: 'comp-a' }, dependentTasks: ['b'] }, ...t });

/** Each must be refused with the named code, and nothing may be stored. */
const REFUSED: [what: string, status: number | number[], send: () => Promise<Answer>][] = [
  ['malformed JSON', 400, () => send('POST', '/apis/v2beta1/runs', '{"display_name":')],
  ['a body that is no object', 400, () => send('POST', '/apis/v2beta1/runs', '[]')],
  ['an unknown field', 400, () => send('POST', '/apis/v2beta1/runs', run(fine, { colour: 'red' }))],
  [
    'a field of the wrong type',
    400,
    () => send('POST', '/apis/v2beta1/runs', JSON.stringify({ display_name: 5, pipeline_spec: fine })),
  ],
  [
    'a wrong schemaVersion',
    400,
    () => send('POST', '/apis/v2beta1/runs', run(spec({ a: container(['true']) }, { version: '2.0.0' }))),
  ],
  ['no pipeline at all', 400, () => send('POST', '/apis/v2beta1/runs', JSON.stringify({ display_name: 'x' }))],
  [
    'a missing parameter',
    400,
    () =>
      send(
        'POST',
        '/apis/v2beta1/runs',
        run(spec({ a: container(['true']) }, { inputs: { n: { parameterType: 'NUMBER_INTEGER' } } })),
      ),
  ],
  [
    'an ill-typed parameter',
    400,
    () =>
      send(
        'POST',
        '/apis/v2beta1/runs',
        run(spec({ a: container(['true']) }, { inputs: { n: { parameterType: 'NUMBER_INTEGER' } } }), {
          runtime_config: { parameters: { n: 'five' } },
        }),
      ),
  ],
  [
    'an unknown parameter',
    400,
    () => send('POST', '/apis/v2beta1/runs', run(fine, { runtime_config: { parameters: { ghost: 1 } } })),
  ],
  [
    'a cycle',
    400,
    () =>
      send(
        'POST',
        '/apis/v2beta1/runs',
        run(
          spec(
            { a: container(['true']), b: container(['true']) },
            { tasks: cycle({ b: { taskInfo: { name: 'b' }, componentRef: { name: 'comp-b' }, dependentTasks: ['a'] } }) },
          ),
        ),
      ),
  ],
  [
    'a dependency on nothing',
    400,
    () => send('POST', '/apis/v2beta1/runs', run(spec({ a: container(['true']) }, { tasks: cycle({}) }))),
  ],
  [
    'a component that is not there',
    400,
    () =>
      send(
        'POST',
        '/apis/v2beta1/runs',
        run(
          spec({ a: container(['true']) }, { tasks: { a: { taskInfo: { name: 'a' }, componentRef: { name: 'comp-ghost' } } } }),
        ),
      ),
  ],
  [
    'an unknown experiment',
    [400, 404],
    () => send('POST', '/apis/v2beta1/runs', run(fine, { experiment_id: '00000000-0000-4000-8000-000000000000' })),
  ],
  ['an unknown run', 404, () => send('GET', '/apis/v2beta1/runs/00000000-0000-4000-8000-000000000000')],
  ['terminating an unknown run', 404, () => send('POST', '/apis/v2beta1/runs/nope:terminate')],
  ['a wrong verb', [404, 405, 501], () => send('PUT', '/apis/v2beta1/runs', '{}')],
  ['a broken filter', 400, () => send('GET', '/apis/v2beta1/runs?filter=%7Bnope')],
  ['a sort key that is not one', 400, () => send('GET', '/apis/v2beta1/runs?sort_by=colour')],
  ['a forged page token', 400, () => send('GET', '/apis/v2beta1/runs?page_token=AAAA')],
  ['malformed YAML', 400, () => send('POST', '/apis/v2beta1/pipelines/upload?name=y', upload('a: [1, {'))],
  ['a YAML bomb', 400, () => send('POST', '/apis/v2beta1/pipelines/upload?name=bomb', upload(bomb()))],
  ['YAML that is no pipeline', 400, () => send('POST', '/apis/v2beta1/pipelines/upload?name=n', upload('just: text'))],
  ['multipart without a file', 400, () => send('POST', '/apis/v2beta1/pipelines/upload?name=m', new FormData())],
  [
    'multipart that ends early',
    400,
    () =>
      send(
        'POST',
        '/apis/v2beta1/pipelines/upload?name=m',
        '--x\r\nContent-Disposition: form-data; name="uploadfile"; filename="a.yaml"\r\n\r\nabc',
        'multipart/form-data; boundary=x',
      ),
  ],
  [
    'an upload over 32 MiB',
    [400, 413],
    () => send('POST', '/apis/v2beta1/pipelines/upload?name=big', upload(new Uint8Array(33 * MiB))),
  ],
  [
    'an object over 3 MiB',
    413,
    () =>
      send(
        'POST',
        '/k8s/api/v1/namespaces/default/configmaps',
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'big' }, data: { a: 'x'.repeat(3 * MiB) } }),
      ),
  ],
  [
    'an object of the wrong kind',
    400,
    () =>
      send(
        'POST',
        '/k8s/api/v1/namespaces/default/configmaps',
        JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } }),
      ),
  ],
  [
    'a Pod without containers',
    422,
    () =>
      send(
        'POST',
        '/k8s/api/v1/namespaces/default/pods',
        JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: [] } }),
      ),
  ],
  [
    'a namespace that is not there',
    404,
    () =>
      send(
        'POST',
        '/k8s/api/v1/namespaces/ghost/configmaps',
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }),
      ),
  ],
  ['JSON text instead of an object', 400, () => send('POST', '/k8s/api/v1/namespaces/default/configmaps', '"text"')],
  ['a patch of an unknown type', 415, () => send('PATCH', '/k8s/api/v1/namespaces/default/configmaps/x', '{}', 'text/plain')],
];
/** Nine lines that stand for a billion. */
function bomb(): string {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let i = 1; i < 10; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(',')}]`,
    );
  return `${lines.join('\n')}\npipelineInfo: {name: bomb}\nroot: {dag: {tasks: {}}}\nschemaVersion: 2.1.0\n`;
}

describe('what cannot be is refused and leaves nothing', () => {
  for (const [what, expected, act] of REFUSED)
    test(what, async () => {
      const before = await counts();
      const { status, text } = await act();
      assert.ok([expected].flat().includes(status), `${status} ${text.slice(0, 300)}`);
      assert.ok(text.length > 10, 'the answer says what is wrong');
      assert.equal(await counts(), before, 'something was stored');
    });
});

async function ended(executor: unknown, platform?: unknown): Promise<{ view: RunView; why: string }> {
  const pipelineSpec = platform ? { pipeline_spec: spec({ a: executor }), platform_spec: platform } : spec({ a: executor });
  const { run_id } = await skiff.json<{ run_id: string }>('/apis/v2beta1/runs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: run(pipelineSpec),
  });
  for (;;) {
    const view = await skiff.json<RunView>(`/console/api/runs/${run_id}`);
    if (/SUCCEEDED|FAILED|CANCELED/.test(view.state)) {
      const why = skiff.skiff('why', `run/${run_id}`);
      return { view, why: why.stdout + why.stderr };
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
const timeLimit = { platforms: { kubernetes: { deploymentSpec: { executors: { 'exec-a': { activeDeadlineSeconds: '2' } } } } } };

describe('components that misbehave end with a true state and say why', () => {
  const CASES: [what: string, executor: unknown, expected: RegExp, platform?: unknown][] = [
    ['fails', container(['sh', '-c', 'echo about to fail; exit 7']), /exit code 7[\s\S]*about to fail/],
    ['dies by a signal', container(['sh', '-c', 'echo last words; kill -SEGV $$$$']), /139[\s\S]*last words/],
    [
      'hangs past its time',
      container(['sh', '-c', 'echo still here; sleep 600']),
      /(DeadlineExceeded|longer than|deadline)[\s\S]*still here/i,
      timeLimit,
    ],
    [
      'floods its log',
      container(['sh', '-c', 'head -c 60000000 /dev/zero | tr "\\0" x | fold -w 200; echo the end; exit 1']),
      /exit code 1[\s\S]*the end/,
    ],
    ['leaves children', container(['sh', '-c', 'sleep 600 & sleep 600 & echo gone; exit 2']), /exit code 2[\s\S]*gone/],
    ['has no such program', container(['/no/such/program']), /no such program|not found|No such file/i],
  ];
  for (const [what, executor, expected, platform] of CASES)
    test(what, { timeout: 90_000 }, async () => {
      const { view, why } = await ended(executor, platform);
      assert.equal(view.state, 'FAILED');
      assert.match(why, expected);
    });
});
