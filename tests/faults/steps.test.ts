import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { seededIds } from '../../src/lib/index.ts';
import { mountHostFolder } from '../lib/host-folder.ts';
import { identities, Skiff } from '../lib/skiff.ts';

const KILLS = 20;
const RUNS = 6;
const WIDTH = 5;
type Message = { run_id: string; state?: string };

/** A chain, a loop and a join; every attempt appends one line to a file of the host. */
function spec(file: string) {
  const append = (node: string) => ({
    container: {
      image: 'busybox',
      command: ['sh', '-c', `echo "$1 ${node} $0 $KFP_RETRY_INDEX" >> ${file}; sleep 0.1`],
      args: ["{{$.inputs.parameters['item']}}", "{{$.inputs.parameters['run']}}"],
    },
  });
  const input = { parameters: { item: { parameterType: 'STRING' } } };
  const inputs = { parameters: { ...input.parameters, run: { parameterType: 'STRING' } } };
  // The name of the run: a constant that is nothing but a placeholder.
  const run = { run: { runtimeValue: { constant: '{{$.pipeline_job_resource_name}}' } } };
  const constant = (v: string) => ({ parameters: { item: { runtimeValue: { constant: v } }, ...run } });
  const task = (name: string, component: string, inputs: unknown, after: string[] = []) => ({
    [name]: { taskInfo: { name }, componentRef: { name: component }, cachingOptions: {}, inputs, dependentTasks: after },
  });
  return {
    pipelineInfo: { name: 'once' },
    schemaVersion: '2.1.0',
    sdkVersion: 'test',
    components: {
      'comp-first': { executorLabel: 'exec-first', inputDefinitions: inputs },
      'comp-each': { executorLabel: 'exec-each', inputDefinitions: inputs },
      'comp-last': { executorLabel: 'exec-last', inputDefinitions: inputs },
      'comp-loop': {
        dag: { tasks: task('each', 'comp-each', { parameters: { item: { componentInputParameter: 'item' }, ...run } }) },
        inputDefinitions: input,
      },
    },
    deploymentSpec: { executors: { 'exec-first': append('first'), 'exec-each': append('each'), 'exec-last': append('last') } },
    root: {
      dag: {
        tasks: {
          ...task('first', 'comp-first', constant('-')),
          loop: {
            taskInfo: { name: 'loop' },
            componentRef: { name: 'comp-loop' },
            dependentTasks: ['first'],
            parameterIterator: {
              itemInput: 'item',
              items: { raw: JSON.stringify(Array.from({ length: WIDTH }, (_, i) => `i${i}`)) },
            },
          },
          ...task('last', 'comp-last', constant('-'), ['loop']),
        },
      },
    },
  };
}

for (const as of identities) {
  describe(`runs survive ${KILLS} kills of the daemon as ${as}`, () => {
    test('every step runs exactly once and every run succeeds', async t => {
      const seed = process.env['SKIFF_SEED'] ?? String(Date.now());
      t.diagnostic(`seed ${seed}`);
      const ids = seededIds(seed);
      const folder = mkdtempSync(join(tmpdir(), 'skiff-once-'));
      const file = join(folder, 'lines');
      writeFileSync(file, '');
      chmodSync(folder, 0o777);
      chmodSync(file, 0o666);
      let skiff = await Skiff.start({ as });
      try {
        await mountHostFolder(skiff, 'once', folder);
        const platform = platformSpec();
        const runIds: string[] = [];
        for (let kill = 0; kill < KILLS; kill++) {
          if (runIds.length < RUNS) {
            const body = JSON.stringify({
              display_name: `once-${runIds.length}`,
              pipeline_spec: { pipeline_spec: spec('/host/lines'), platform_spec: platform },
            });
            runIds.push(
              (
                await skiff.json<Message>('/apis/v2beta1/runs', {
                  method: 'POST',
                  headers: { 'content-type': 'application/json' },
                  body,
                })
              ).run_id,
            );
          }
          await new Promise(resolve => setTimeout(resolve, ids.random() * 700));
          await skiff.stop({ signal: 'SIGKILL', keepHome: true });
          skiff = await Skiff.start({ as, home: skiff.home });
        }
        for (const id of runIds) assert.equal(await finalState(skiff, id), 'SUCCEEDED', `run ${id}`);
        const lines = readFileSync(file, 'utf8').trim().split('\n').sort();
        assert.equal(lines.length, RUNS * (WIDTH + 2));
        assert.equal(new Set(lines).size, lines.length, 'a step ran twice');
      } finally {
        await skiff.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}

function platformSpec(): unknown {
  const pvcMount = [{ mountPath: '/host', pvcNameParameter: { runtimeValue: { constant: 'once' } } }];
  const executors = Object.fromEntries(['exec-first', 'exec-each', 'exec-last'].map(e => [e, { pvcMount }]));
  return { platforms: { kubernetes: { deploymentSpec: { executors } } } };
}

async function finalState(skiff: Skiff, id: string): Promise<string> {
  for (let i = 0; i < 1_200; i++) {
    const { state = '' } = await skiff.json<Message>(`/apis/v2beta1/runs/${id}`);
    if (/^(SUCCEEDED|FAILED|SKIPPED|CANCELED)$/.test(state)) return state;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return 'never final';
}
