import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunView } from '../../src/pipelines/api/view.ts';
import { type Case, checkerFor, isSkipReason, parseManifest, Skip } from './case.ts';
import { checkers } from './pipelines/kfp-ir.ts';
import type { PipelinesWorld } from './pipelines/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'skiff-case-'));
const spec =
  'pipelineInfo: {name: p}\nroot: {inputDefinitions: {parameters: {a: {parameterType: NUMBER_INTEGER}}}, dag: {tasks: {}}}\n';
function row(file: string, expectation: string): Case {
  const path = join(folder, file.replaceAll('/', '-'));
  writeFileSync(path, spec);
  return { file, path, origin: '', expectation };
}
function view(
  state: RunView['state'],
  nodes: {
    id: string;
    state: string;
    kind?: string;
    condition?: string;
    out?: Record<string, unknown>;
    uri?: string;
    message?: string;
  }[],
): RunView {
  return {
    state,
    nodes: nodes.map(n => ({
      ...n,
      kind: n.kind ?? 'task',
      outputs: { parameters: n.out ?? {}, artifacts: n.uri ? [{ name: 'o', type: 't', uri: n.uri }] : [] },
    })),
  } as unknown as RunView;
}
/** A world that answers with the given views, one a run; uploads answer `status`. */
function world(views: RunView[], o: { status?: number; body?: string; stores?: boolean } = {}): PipelinesWorld {
  let next = 0;
  let stored = 0;
  return {
    upload: async () => 'id',
    run: async (_file: string, _name: string, args: Record<string, unknown>) => {
      assert.deepEqual(args, { a: 5 }, 'required parameters get a value of their type');
      return { run_id: String(next++), state: '' };
    },
    view: async (id: string) => views[Math.min(Number(id), views.length - 1)],
    skiff: {
      json: async () => ({ total_size: stored }),
      async fetch() {
        if (o.stores) stored++;
        return new Response(o.body ?? '{"error_message":"bad"}', { status: o.status ?? 400 });
      },
    },
  } as unknown as PipelinesWorld;
}
async function judge(c: Case, w: PipelinesWorld): Promise<string> {
  const checker = checkerFor(checkers, c);
  if (!checker) return 'not understood';
  try {
    await checker.check(c, w);
    return 'passed';
  } catch (e) {
    return e instanceof Skip ? `skipped ${e.reason}` : 'failed';
  }
}

test('manifests are read, comments are not', () => {
  const cases = parseManifest('# file\torigin\na/b.yaml\to@1\tmust\twork\n\n', '/d');
  assert.deepEqual(cases, [{ file: 'a/b.yaml', path: '/d/a/b.yaml', origin: 'o@1', expectation: 'must\twork' }]);
});

test('only reasons of the closed list may skip', () => {
  for (const good of ['needs-gpu', 'needs-package:torch', 'later-issue:3']) assert.ok(isSkipReason(good));
  for (const bad of ['flaky', 'needs-package:', 'later-issue:x']) assert.ok(!isSkipReason(bad));
});

test('a row that no checker knows is not understood', async () => {
  assert.equal(await judge(row('kfp-ir/valid/x.yaml', 'must shine'), world([])), 'not understood');
  assert.equal(
    await judge(row('kfp-ir/valid/x.yaml', 'upload 200; run state SUCCEEDED; must shine'), world([view('SUCCEEDED', [])])),
    'failed',
  );
});

const good = [{ id: 'a', state: 'Succeeded', out: { Output: 10 }, uri: 'minio://x' }];
const cached = [{ id: 'a', state: 'Cached', out: { Output: 10 }, uri: 'minio://x' }];
const branches = (heads: string, tails: string) => [
  { id: 'c1', kind: 'condition', condition: "x == 'heads'", state: heads },
  { id: 'c2', kind: 'condition', condition: "!(x == 'heads') && x == 'tails'", state: tails },
];
const SUCCEEDS = 'upload 200; run state SUCCEEDED';
const table: [name: string, file: string, expectation: string, right: PipelinesWorld, broken: PipelinesWorld][] = [
  ['state', 'kfp-ir/valid/x.yaml', `${SUCCEEDS} | images a`, world([view('SUCCEEDED', good)]), world([view('FAILED', good)])],
  [
    'output',
    'kfp-ir/valid/x.yaml',
    `${SUCCEEDS}; a=5,b=5 -> Output 10`,
    world([view('SUCCEEDED', good)]),
    world([view('SUCCEEDED', [{ ...good[0]!, out: { Output: 11 } }])]),
  ],
  [
    'branches',
    'kfp-ir/valid/x.yaml',
    `${SUCCEEDS}; one of heads/tails branch runs, other branch SKIPPED`,
    world([view('SUCCEEDED', branches('Succeeded', 'Skipped'))]),
    world([view('SUCCEEDED', branches('Succeeded', 'Succeeded'))]),
  ],
  [
    'cache',
    'kfp-ir/valid/x.yaml',
    `${SUCCEEDS}; second run cached`,
    world([view('SUCCEEDED', good), view('SUCCEEDED', cached)]),
    world([view('SUCCEEDED', good), view('SUCCEEDED', good)]),
  ],
  [
    'cached outputs',
    'kfp-ir/valid/x.yaml',
    `${SUCCEEDS}; second run cached`,
    world([view('SUCCEEDED', good), view('SUCCEEDED', cached)]),
    world([view('SUCCEEDED', good), view('SUCCEEDED', [{ ...cached[0]!, out: {} }])]),
  ],
  [
    'uri',
    'kfp-ir/valid/x.yaml',
    `${SUCCEEDS}; second run cached; same artifact URI`,
    world([view('SUCCEEDED', good), view('SUCCEEDED', cached)]),
    world([view('SUCCEEDED', good), view('SUCCEEDED', [{ ...cached[0]!, uri: 'minio://y' }])]),
  ],
  [
    'failure',
    'kfp-ir/valid/x.yaml',
    'run state FAILED (exit tasks still run where present)',
    world([view('FAILED', [{ id: 'a', state: 'Failed', message: 'm' }])]),
    world([view('FAILED', [{ id: 'a', state: 'Failed' }])]),
  ],
  [
    'exit task',
    'kfp-ir/valid/x.yaml',
    'run state FAILED (exit tasks still run where present)',
    world([
      view('FAILED', [
        { id: 'a', state: 'Failed', message: 'm' },
        { id: 'e', kind: 'exit', state: 'Succeeded' },
      ]),
    ]),
    world([
      view('FAILED', [
        { id: 'a', state: 'Failed', message: 'm' },
        { id: 'e', kind: 'exit', state: 'Skipped' },
      ]),
    ]),
  ],
  [
    'refusal',
    'kfp-ir/invalid/x.yaml',
    'upload must be rejected with 400 (BadRequest), nothing stored',
    world([]),
    world([], { status: 500 }),
  ],
  [
    'refusal body',
    'kfp-ir/invalid/x.yaml',
    'upload must be rejected with 400 (BadRequest), nothing stored',
    world([]),
    world([], { body: '{}' }),
  ],
  [
    'nothing stored',
    'kfp-ir/invalid/x.yaml',
    'upload must be rejected with 400 (BadRequest), nothing stored',
    world([]),
    world([], { stores: true }),
  ],
];
for (const [name, file, expectation, right, broken] of table)
  test(`the checker of ${name} passes what is right and fails when one field is broken`, async () => {
    assert.equal(await judge(row(file, expectation), right), 'passed');
    assert.equal(await judge(row(file, expectation), broken), 'failed');
  });
