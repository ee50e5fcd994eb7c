import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { NodeView, RunView } from '../../../src/pipelines/api/view.ts';
import { loadYaml } from '../../../src/pipelines/ir/index.ts';
import { type Case, type Checker, Skip, type SkipReason } from '../case.ts';
import type { PipelinesWorld } from './world.ts';

const TIMEOUT_SECONDS = 300;
type Parameter = { parameterType: string; defaultValue?: unknown; isOptional?: boolean };
/** A value for each required parameter, as upstream's suite passes arbitrary ones of the right type. */
const VALUES: Record<string, unknown> = {
  NUMBER_INTEGER: 5,
  NUMBER_DOUBLE: 2.5,
  STRING: 'text',
  BOOLEAN: true,
  LIST: [1, 2],
  STRUCT: { a: 1, b: { c: 'd' } },
};
/** Files that nobody can run here, each for a reason of its own. */
const SKIPPED: Record<string, [SkipReason, string]> = {
  'pipeline_with_submit_request.yaml': ['needs-cloud', 'asks httpbin.org'],
  'pipeline_with_artifact_upload_download.yaml': ['needs-cloud', 'downloads from huggingface.co'],
  'pipeline_with_artifact_custom_path.yaml': [
    'golden-wrong',
    'calls Dataset.set_path, which kfp 2.14.6, that its steps install, does not have',
  ],
  'pipeline_with_task_using_ignore_upstream_failure.yaml': [
    'golden-wrong',
    'its first task always fails; upstream hangs the other on it as an exit hook, and the DAG ends as the failed leaf does',
  ],
};

function requiredArguments(path: string): Record<string, unknown> {
  const spec = loadYaml(readFileSync(path, 'utf8')).find(d => (d as { pipelineInfo?: unknown })?.pipelineInfo);
  const inputs =
    (spec as { root: { inputDefinitions?: { parameters?: Record<string, Parameter> } } }).root.inputDefinitions?.parameters ?? {};
  const required = Object.entries(inputs).filter(([, p]) => p.defaultValue === undefined && !p.isOptional);
  return Object.fromEntries(required.map(([name, p]) => [name, VALUES[p.parameterType]]));
}
/** Whether some task of the run put out exactly this text or number. */
function assertPutOut(view: RunView, expected: string): void {
  const values = view.nodes
    .flatMap(n => Object.values(n.outputs.parameters))
    .map(v => (typeof v === 'string' ? v : JSON.stringify(v)));
  assert.ok(values.includes(expected), `no task put out ${expected}; outputs are ${values.join(' ')}`);
}
const leaves = (view: RunView) => view.nodes.filter(n => n.kind === 'task');

type Demand = { pattern: RegExp; hold(m: RegExpExecArray, first: RunView, again: () => Promise<RunView>): Promise<void> | void };
/** What a row may demand beyond the state, by its words. */
const DEMANDS: Demand[] = [
  { pattern: /^([\w=,]+) -> (?:Output )?(\S+)$/, hold: (m, view) => assertPutOut(view, m[2]!) },
  { pattern: /^-> '(.*)'$/, hold: (m, view) => assertPutOut(view, m[1]!) },
  {
    pattern: /^one of heads\/tails branch runs, other branch SKIPPED$/,
    hold(_, view) {
      const branches = view.nodes.filter(n => n.kind === 'condition' && /heads|tails/.test(n.condition ?? ''));
      assert.ok(
        branches.some(n => n.state === 'Succeeded') && branches.some(n => n.state === 'Skipped'),
        `branches are ${branches.map(n => `${n.id} ${n.state}`)}`,
      );
    },
  },
  {
    pattern: /^(?:second run cached|second identical run: task SKIPPED \(cached\) with same outputs)$/,
    async hold(_, first, again) {
      const second = await again();
      assert.ok(
        leaves(second).length > 0 && leaves(second).every(n => n.state === 'Cached'),
        `second run: ${leaves(second).map(n => `${n.id} ${n.state}`)}`,
      );
      assert.deepEqual(outputsOf(second), outputsOf(first));
    },
  },
  {
    pattern: /^same artifact URI$/,
    async hold(_, first, again) {
      assert.deepEqual(urisOf(await again()), urisOf(first));
      assert.ok(urisOf(first).length > 0, 'the first run has no artifact');
    },
  },
];
const outputsOf = (v: RunView) => leaves(v).map(n => [n.id, n.outputs.parameters]);
const urisOf = (v: RunView) => leaves(v).flatMap((n: NodeView) => n.outputs.artifacts.map(a => a.uri));

export const checkers: Checker<PipelinesWorld>[] = [
  {
    name: 'runs to SUCCEEDED',
    prefix: 'kfp-ir/valid/',
    expectation: /^upload 200; run state SUCCEEDED/,
    async check(c, world) {
      const skipped = SKIPPED[basename(c.file)];
      if (skipped) throw new Skip(...skipped);
      const name = nameOf(c);
      await world.upload(c.path, name);
      const first = await runOnce(world, c, name);
      assert.equal(first.state, 'SUCCEEDED', `the run ended ${first.state}: ${first.error ?? first.why?.sentence ?? ''}`);
      let second: Promise<RunView> | undefined;
      const again = () => (second ??= runOnce(world, c, name));
      for (const words of demandsOf(c)) {
        const demand = DEMANDS.map(d => ({ d, m: d.pattern.exec(words) })).find(x => x.m);
        if (!demand) throw new Error(`no checker understands the demand ${JSON.stringify(words)}`);
        await demand.d.hold(demand.m!, first, again);
      }
    },
  },
  {
    name: 'runs to FAILED',
    prefix: 'kfp-ir/valid/',
    expectation: /^run state FAILED/,
    async check(c, world) {
      const name = nameOf(c);
      await world.upload(c.path, name);
      const view = await runOnce(world, c, name);
      assert.equal(view.state, 'FAILED');
      assert.ok(
        view.nodes.some(n => n.state === 'Failed' && n.message),
        'some node says why',
      );
      for (const n of view.nodes.filter(n => n.kind === 'exit'))
        assert.ok(['Succeeded', 'Failed'].includes(n.state), `exit task ${n.id} is ${n.state}`);
    },
  },
  {
    name: 'upload is refused',
    prefix: 'kfp-ir/invalid/',
    expectation: /^upload must be rejected with 400 \(BadRequest\), nothing stored/,
    async check(c, world) {
      const before = await countPipelines(world);
      const form = new FormData();
      form.append('uploadfile', new Blob([readFileSync(c.path)]), basename(c.file));
      const response = await world.skiff.fetch(`/apis/v2beta1/pipelines/upload?name=${nameOf(c)}`, {
        method: 'POST',
        body: form,
      });
      const text = await response.text();
      assert.equal(response.status, 400, text);
      assert.ok((JSON.parse(text) as { error_message?: string }).error_message, `the body has no error_message: ${text}`);
      assert.equal(await countPipelines(world), before, 'something was stored');
    },
  },
];

/** The clauses after the state, without the trailing remarks about images. */
function demandsOf(c: Case): string[] {
  return c.expectation
    .split(' | ')[0]!
    .split(';')
    .slice(2)
    .map(s => s.trim())
    .filter(Boolean);
}
function nameOf(c: Case): string {
  return `c-${basename(c.file)
    .replace(/\.\w+$/, '')
    .replaceAll(/[^a-z0-9]+/gi, '-')
    .toLowerCase()}`;
}
async function runOnce(world: PipelinesWorld, c: Case, name: string): Promise<RunView> {
  const result = await world.run(c.path, name, requiredArguments(c.path), TIMEOUT_SECONDS);
  return await world.view(result.run_id);
}
async function countPipelines(world: PipelinesWorld): Promise<number> {
  const list = await world.skiff.json<{ total_size?: number; pipelines?: unknown[] }>('/apis/v2beta1/pipelines?page_size=200');
  return list.total_size ?? list.pipelines?.length ?? 0;
}
