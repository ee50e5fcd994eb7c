import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { NodeView, RunView } from '../../src/pipelines/api/view.ts';
import { mountHostFolder } from '../lib/host-folder.ts';
import { eventually, root, Skiff } from '../lib/skiff.ts';

/** Constructs of pipelines, as the unmodified SDK compiles them, run by a real Skiff. docs/constructs.md lists them all. */

const PYTHON = join(root, '.cache/python/bin/python');
const COMPILE = join(import.meta.dirname, 'fixtures/constructs/compile.py');
const NONCE = `n${process.pid}x${process.hrtime.bigint() % 99_991n}`;
/** What steps leave their lines in. */
const FILES = ['retried', 'in-vain', 'cached', 'few'];
const FINAL = /^(SUCCEEDED|FAILED|CANCELED)$/;

let skiff: Skiff;
let folder: string;
let specs: Record<string, unknown>;
const started = new Map<string, Promise<string>>();

/** Submits by name of pipeline; all that tests look at is under way before the first of them waits. */
function submit(pipeline: string, parameters: Record<string, unknown>, key = pipeline): void {
  assert.ok(specs[pipeline], `no pipeline ${pipeline} in ${Object.keys(specs)}`);
  const body = JSON.stringify({ display_name: key, pipeline_spec: specs[pipeline], runtime_config: { parameters } });
  const headers = { 'content-type': 'application/json' };
  const run = skiff.json<{ run_id: string }>('/apis/v2beta1/runs', { method: 'POST', headers, body }).then(r => r.run_id);
  run.catch(() => {});
  started.set(key, run);
}
async function ended(key: string): Promise<RunView> {
  const id = await started.get(key)!;
  return eventually(
    `run ${key} to end`,
    async () => {
      const view = await skiff.json<RunView>(`/console/api/runs/${id}`);
      return FINAL.test(view.state) && view;
    },
    120_000,
  );
}
async function succeeded(key: string): Promise<RunView> {
  const view = await ended(key);
  assert.equal(view.state, 'SUCCEEDED', `${key}: ${view.error} ${JSON.stringify(view.nodes.filter(n => n.message))}`);
  return view;
}
function node(view: RunView, id: string): NodeView {
  const found = view.nodes.find(n => n.id === id);
  assert.ok(found, `no node ${id} in ${view.nodes.map(n => n.id)}`);
  return found;
}
/** The one output parameter of a node. */
function output(view: RunView, id: string): unknown {
  const values = Object.values(node(view, id).outputs.parameters);
  assert.equal(values.length, 1, `${id} has ${values.length} outputs`);
  return values[0];
}
/** A file as steps see it. */
const fileOf = (name: string) => `/host/${name}`;
const linesOf = (name: string) => readFileSync(join(folder, name), 'utf8').trim().split('\n');
const logOf = async (view: RunView, id: string, attempt: number) => {
  const path = `/apis/v2beta1/runs/${view.runId}/nodes/${encodeURIComponent(id)}/log?attempt=${attempt}`;
  return (await skiff.fetch(path)).text();
};

before(async () => {
  skiff = await Skiff.start();
  folder = mkdtempSync(join(tmpdir(), 'skiff-constructs-'));
  for (const name of FILES) writeFileSync(join(folder, name), '');
  // Each Pod is another user.
  for (const path of ['', ...FILES]) chmodSync(join(folder, path), 0o777);
  await mountHostFolder(skiff, 'host', folder);
  const compiled = skiff.run([PYTHON, COMPILE], { env: { PYTHONDONTWRITEBYTECODE: '1' } });
  assert.equal(compiled.status, 0, compiled.stderr);
  specs = JSON.parse(compiled.stdout) as Record<string, unknown>;
  submit('retried', { file: fileOf('retried') });
  submit('retried-in-vain', { file: fileOf('in-vain') });
  submit('cached', { nonce: NONCE, file: fileOf('cached') });
  submit('few-at-a-time', { file: fileOf('few') });
  submit('ignoring', { nonce: NONCE });
  submit('handled', { nonce: NONCE, code: 0 }, 'handled well');
  submit('handled', { nonce: NONCE, code: 7 }, 'handled badly');
  for (const size of ['small', 'medium', 'huge']) submit('branches', { nonce: NONCE, size }, size);
  submit('branches-in-a-loop', { nonce: NONCE });
  submit('nested-loops', { nonce: NONCE, letters: ['b', 'a', NONCE] });
  submit('collected-artifacts', { nonce: NONCE });
  submit('imported', { nonce: NONCE });
  submit('nested', { nonce: NONCE });
  submit('optional', { nonce: NONCE });
  submit('placeholders', { nonce: NONCE });
});
after(async () => {
  await skiff?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

test('a step is tried again until it succeeds, or as often as it may be', async () => {
  const view = await succeeded('retried');
  assert.deepEqual(linesOf('retried'), ['attempt 0', 'attempt 1', 'attempt 2']);
  assert.equal(output(view, 'third-time'), 3);
  assert.deepEqual(
    node(view, 'third-time').attempts.map(a => [a.number, a.state, a.exitCode]),
    [
      [0, 'Failed', 1],
      [1, 'Failed', 1],
      [2, 'Succeeded', 0],
    ],
  );
  const vain = await ended('retried-in-vain');
  assert.equal(vain.state, 'FAILED');
  assert.deepEqual(linesOf('in-vain'), ['attempt 0', 'attempt 1']);
});

test('logs of all attempts are there when the Pods are gone', async () => {
  const view = await succeeded('retried');
  const pods = `/k8s/api/v1/namespaces/${view.namespace}/pods`;
  const ofRun = `${pods}?labelSelector=${encodeURIComponent(`pipeline/runid=${view.runId}`)}`;
  const removed = await skiff.json<{ items: unknown[] }>(ofRun, { method: 'DELETE' });
  assert.equal(removed.items.length, 3);
  await eventually('the Pods to be gone', async () => (await skiff.json<{ items: unknown[] }>(ofRun)).items.length === 0);
  for (const attempt of [0, 1, 2]) assert.equal(await logOf(view, 'third-time', attempt), `attempt ${attempt}\n`);
});

test('a step that ran before with the same inputs does not run again', async () => {
  const first = await succeeded('cached');
  submit('cached', { nonce: NONCE, file: fileOf('cached') }, 'cached again');
  submit('cached', { nonce: `${NONCE}'`, file: fileOf('cached') }, 'not cached');
  const [again, other] = [await succeeded('cached again'), await succeeded('not cached')];
  assert.deepEqual(
    [first, again, other].map(v => [node(v, 'remembered').state, output(v, 'remembered')]),
    [
      ['Succeeded', `${NONCE}!`],
      ['Cached', `${NONCE}!`],
      ['Succeeded', `${NONCE}'!`],
    ],
  );
  assert.equal(node(again, 'remembered').cachedFromRun, first.runId);
  assert.equal(linesOf('cached').length, 2);
});

test('no more iterations run at a time than the loop allows', async () => {
  const view = await succeeded('few-at-a-time');
  assert.equal(view.nodes.filter(n => n.kind === 'iteration' && n.state === 'Succeeded').length, 6);
  let now = 0;
  const counts = linesOf('few').map(line => (now += line === 'come' ? 1 : -1));
  assert.equal(counts.length, 12);
  assert.equal(Math.max(...counts), 2);
});

test('a task that ignores upstream failures runs, with its default for what is missing; the run has failed', async () => {
  const view = await ended('ignoring');
  assert.equal(view.state, 'FAILED');
  assert.match(view.error!, /task fail failed: exit code 3|task fail failed: Error \(exit code 3\)/);
  assert.equal(output(view, 'echo'), NONCE);
  assert.equal(output(view, 'use'), 'used nothing');
  assert.equal(node(view, 'echo-2').state, 'Skipped');
});

test('an exit task runs after its group, and knows how that ended', async () => {
  const good = await succeeded('handled well');
  assert.equal(output(good, 'exit-handler-1.echo'), `${NONCE} went on`);
  assert.equal(output(good, 'report'), `${NONCE} exit-handler-1 COMPLETE ${good.name} None`);
  const bad = await ended('handled badly');
  assert.equal(bad.state, 'FAILED');
  assert.equal(node(bad, 'exit-handler-1.echo').state, 'Skipped');
  assert.match(String(output(bad, 'report')), new RegExp(`^${NONCE} exit-handler-1 FAILED ${bad.name} .*1 of 2 failed`));
});

test('one branch runs, and its output is the one that counts', async () => {
  for (const [key, chosen] of [
    ['small', 'small'],
    ['medium', 'medium'],
    ['huge', 'large'],
  ] as const) {
    const view = await succeeded(key);
    assert.equal(output(view, 'echo-4'), `${NONCE} is ${chosen}`);
    const states = ['small', 'medium', 'large'].map((_, i) => node(view, `condition-branches-1.condition-${i + 2}`).state);
    const expected = ['small', 'medium', 'large'].map(size => (size === chosen ? 'Succeeded' : 'Skipped'));
    assert.deepEqual(states, expected);
  }
  assert.equal(output(await succeeded('branches-in-a-loop'), 'join'), `${NONCE}-even-0+${NONCE}-odd-1`);
});

test('what loops in loops put out is collected in the order of their items', async () => {
  const view = await succeeded('nested-loops');
  const expected = ['b', 'a', NONCE].flatMap(letter => [1, 2].map(n => `${NONCE}-${letter}${n}`));
  assert.equal(output(view, 'join'), expected.join('+'));
  const artifacts = await succeeded('collected-artifacts');
  const read = ['a', 'bb'].map(item => `${NONCE}-${item}`).map(text => `${text}:${text.length}`);
  assert.equal(output(artifacts, 'read-all'), read.join(' '));
});

test('an artifact comes in by its URI, once, unless it is to be imported anew', async () => {
  const view = await succeeded('imported');
  assert.equal(output(view, 'read'), `content of ${NONCE}, ${NONCE}`);
  const made = node(view, 'make').outputs.artifacts[0]!;
  const [first, again, anew] = ['importer', 'importer-2', 'importer-3'].map(id => node(view, id).outputs.artifacts[0]!);
  assert.deepEqual([first!.uri, again!.uri, anew!.uri], [made.uri, made.uri, made.uri]);
  assert.equal(again!.artifactId, first!.artifactId);
  assert.notEqual(anew!.artifactId, first!.artifactId);
});

test('pipelines run in pipelines, with their own defaults', async () => {
  const view = await succeeded('nested');
  assert.equal(output(view, 'echo'), `<[(${NONCE}-inner 2)]>`);
  assert.equal(output(view, 'inner.innermost.echo-2'), '[(own-inner 2)]');
});

test('inputs that nobody gives have the defaults of whoever takes them', async () => {
  const view = await succeeded('optional');
  const told = (id: string) => JSON.parse(String(output(view, id))) as unknown;
  assert.deepEqual(told('deeper.tell'), [null, 7, 0.5, true, [1, 'b'], { k: 1 }]);
  assert.deepEqual(told('deeper-2.tell'), [NONCE, 7, 0.5, true, [1, 'b'], { k: 1 }]);
  assert.deepEqual(told('tell'), [null, 4, 0.5, true, [1, 'b'], { nonce: NONCE }]);
});

test('placeholders in arguments are filled in, put together, and left out', async () => {
  const view = await succeeded('placeholders');
  assert.equal(output(view, 'words'), `[--nonce=${NONCE};][--extra][<${NONCE}>]`);
  assert.equal(output(view, 'words-2'), `[--nonce=${NONCE};][--plain]`);
});
