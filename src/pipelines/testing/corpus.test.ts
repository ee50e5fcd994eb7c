import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { apply } from '../engine/fold.ts';
import { initialState } from '../engine/state.ts';
import { lowerIr } from '../ir/lower.ts';
import { parsePipeline } from '../ir/parse.ts';
import { type Script, World } from './world.ts';

const SHARED = fileURLToPath(new URL('../../../../shared/conformance/pipelines/', import.meta.url));
const skip = existsSync(SHARED) ? false : 'no ../shared';
const yamlsOf = (folder: string): string[] =>
  skip
    ? []
    : (readdirSync(join(SHARED, folder), { recursive: true }) as string[])
        .filter(f => f.endsWith('.yaml'))
        .map(f => join(folder, f));
const read = (file: string) => parsePipeline(readFileSync(join(SHARED, file), 'utf8'));

/** Outputs that let the pipelines of the corpus take a branch. */
const script: Script = ({ name, inputs }) => {
  if (/flip|coin/.test(name)) return { Output: 'heads', output: 'heads' };
  if (/even-or-odd/.test(name)) return { Output: 'odd' };
  if (/get-run-state/.test(name))
    return { Output: (inputs.parameters['status'] as { state?: string } | undefined)?.state ?? 'COMPLETE' };
  if (/args-generator/.test(name)) return { Output: [{ A_a: '1', B_b: '2' }] };
  if (/fail/.test(name)) return { outcome: 'failed', exitCode: 1, message: 'exit code 1' };
  return undefined;
};
const GIVEN: Record<string, unknown> = {
  STRING: 'text',
  NUMBER_INTEGER: 1,
  NUMBER_DOUBLE: 1,
  BOOLEAN: true,
  LIST: ['x'],
  STRUCT: { a: '1' },
};
function worldOf(file: string): World {
  const { spec, platform } = read(file);
  const given = Object.entries(spec.root.inputDefinitions?.parameters ?? {})
    .filter(([, p]) => p.defaultValue === undefined && !p.isOptional)
    .map(([name, p]) => [name, GIVEN[p.parameterType!]]);
  return World.ofIr(spec, platform, { script, parameters: Object.fromEntries(given) });
}

test('every valid pipeline and platform config lowers to a graph that is plain JSON', { skip }, () => {
  const files = [...yamlsOf('kfp-ir/valid'), ...yamlsOf('kfp-k8s-platform')];
  assert.ok(files.length >= 100, `${files.length} files`);
  for (const file of files) {
    const { spec, platform } = read(file);
    const graph = lowerIr(spec, platform);
    assert.deepEqual(JSON.parse(JSON.stringify(graph)), graph, file);
  }
});
test('invalid pipelines are refused', { skip }, () => {
  for (const file of ['empty_file.yaml', 'invalid_yaml.yaml', 'no_name.yaml'])
    assert.throws(() => read(join('kfp-ir/invalid', file)), /pipeline spec is invalid/);
});
for (const [folder, state] of [
  ['essential', 'SUCCEEDED'],
  ['critical', 'SUCCEEDED'],
  ['parallel_and_nested', 'SUCCEEDED'],
  ['failing', 'FAILED'],
] as const)
  for (const file of yamlsOf(`kfp-ir/valid/${folder}`))
    test(`${file} ends ${state}`, { skip }, () => {
      const world = worldOf(file);
      assert.ok(world.run(), `stuck: ${JSON.stringify(world.phases())}`);
      assert.equal(world.state.state, state, `${world.state.error?.message} ${JSON.stringify(world.phases())}`);
      const replayed = apply(initialState(world.state.graph, world.state.run), world.log);
      assert.deepEqual(replayed, world.state);
    });
test('every other valid pipeline comes to an end', { skip }, () => {
  for (const file of yamlsOf('kfp-ir/valid')) {
    const world = worldOf(file);
    assert.ok(world.run(), `${file} stuck: ${JSON.stringify(world.phases())}`);
  }
});
