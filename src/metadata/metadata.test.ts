import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openSql, type Sql } from '../data/index.ts';
import { silentLogger } from '../lib/index.ts';
import {
  artifactById,
  artifactsOf,
  lineageOf,
  listArtifacts,
  metadataTables,
  openRecorder,
  type Recorder,
  type RunContext,
} from './index.ts';

const AT = new Date('2026-01-01T00:00:00Z');
const run = (runId: string): RunContext => ({ runId, namespace: 'team', pipelineName: 'train', resourceName: `train-${runId}` });

async function ledgerFor(t: TestContext): Promise<{ sql: Sql; recorder: Recorder }> {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-metadata-'));
  const sql = await openSql({ path: join(folder, 'ledger.db'), migrations: metadataTables, log: silentLogger });
  t.after(async () => {
    await sql.close();
    rmSync(folder, { recursive: true });
  });
  return { sql, recorder: openRecorder(sql) };
}

/** Records a task that reads `inputs` and writes one artifact; gives the artifact's id. */
async function recordTask(
  { sql, recorder }: { sql: Sql; recorder: Recorder },
  runId: string,
  task: string,
  inputs: string[],
): Promise<string> {
  const execution = await recorder.recordExecution(
    run(runId),
    { key: `${runId}/${task}`, type: 'system.ContainerExecution', name: task, state: 'COMPLETE' },
    AT,
  );
  const artifact = {
    key: `${runId}/${task}/out/0`,
    type: 'system.Dataset',
    name: 'out',
    uri: `minio://mlpipeline/${runId}/${task}`,
    metadata: { rows: 3 },
  };
  const made = await recorder.recordArtifacts(run(runId), execution.executionId, [{ name: 'out', artifact }], AT);
  const read = recorder.recordUses(
    execution.executionId,
    'INPUT',
    inputs.map((artifactId, index) => ({ name: 'in', index, artifactId })),
    AT,
  );
  await sql.transaction([...execution.statements, ...made.statements, ...read]);
  return made.uses[0]!.artifactId;
}

test('records artifacts of a run with the ids it gave out', async t => {
  const ledger = await ledgerFor(t);
  const first = await recordTask(ledger, 'r1', 'prepare', []);
  const second = await recordTask(ledger, 'r1', 'fit', [first]);
  await recordTask(ledger, 'r2', 'prepare', []);
  assert.deepEqual(
    (await artifactsOf(ledger.sql, 'r1')).map(a => a.artifactId),
    [first, second],
  );
  assert.deepEqual(await artifactById(ledger.sql, first), {
    artifactId: first,
    type: 'system.Dataset',
    name: 'out',
    uri: 'minio://mlpipeline/r1/prepare',
    state: 'LIVE',
    namespace: 'team',
    runId: 'r1',
    metadata: { rows: 3 },
    createdAt: '2026-01-01T00:00:00.000Z',
  });
  const newest = await listArtifacts(ledger.sql, { namespace: 'team', limit: 2 });
  assert.deepEqual(
    newest.map(a => a.runId),
    ['r2', 'r1'],
  );
  assert.deepEqual(
    (await listArtifacts(ledger.sql, { beforeId: newest[1]!.artifactId, limit: 9 })).map(a => a.artifactId),
    [first],
  );
  assert.deepEqual(await listArtifacts(ledger.sql, { namespace: 'other', limit: 9 }), []);
});

test('follows lineage up and down, across runs, as deep as asked', async t => {
  const ledger = await ledgerFor(t);
  const a = await recordTask(ledger, 'r1', 'a', []);
  const other = await recordTask(ledger, 'r1', 'other', []);
  const b = await recordTask(ledger, 'r1', 'b', [a, other]);
  const c = await recordTask(ledger, 'r2', 'c', [b]);
  const unrelated = await recordTask(ledger, 'r2', 'd', [other]);
  const up = await lineageOf(ledger.sql, c, 'up');
  assert.deepEqual(
    up.artifacts.map(x => x.artifactId),
    [a, other, b, c],
  );
  assert.deepEqual(
    up.executions.map(x => x.name),
    ['a', 'other', 'b', 'c'],
  );
  assert.ok(!up.events.some(e => e.artifactId === unrelated));
  const down = await lineageOf(ledger.sql, a, 'down');
  assert.deepEqual(
    down.artifacts.map(x => x.artifactId),
    [a, b, c],
  );
  assert.deepEqual(
    down.executions.map(x => x.name),
    ['b', 'c'],
  );
  assert.deepEqual(
    (await lineageOf(ledger.sql, c, 'up', 1)).artifacts.map(x => x.artifactId),
    [b, c],
  );
});

test('the same fact again is the same row, and ids go on after a restart', async t => {
  const ledger = await ledgerFor(t);
  const id = await recordTask(ledger, 'r1', 'a', []);
  const recorder = openRecorder(ledger.sql);
  const running = await recorder.recordExecution(
    run('r3'),
    { key: 'r3/x', type: 'system.DAGExecution', name: 'x', state: 'RUNNING' },
    AT,
  );
  await ledger.sql.transaction(running.statements);
  const failed = await recorder.recordExecution(
    run('r3'),
    { key: 'r3/x', type: 'system.DAGExecution', name: 'x', state: 'FAILED' },
    AT,
  );
  assert.equal(failed.executionId, running.executionId);
  await ledger.sql.transaction(failed.statements);
  const artifact = { key: 'r1/a/out/0', type: 'system.Dataset', name: 'out', uri: 'minio://mlpipeline/elsewhere' };
  const again = await recorder.recordArtifacts(run('r1'), running.executionId, [{ name: 'out', artifact }], AT);
  await ledger.sql.transaction(again.statements);
  assert.equal(again.uses[0]!.artifactId, id);
  assert.deepEqual(
    (await artifactsOf(ledger.sql, 'r1')).map(a => [a.artifactId, a.uri]),
    [[id, 'minio://mlpipeline/elsewhere']],
  );
  assert.deepEqual(await ledger.sql.all('SELECT name, state FROM metadata_execution ORDER BY id'), [
    { name: 'a', state: 'COMPLETE' },
    { name: 'x', state: 'FAILED' },
  ]);
  const [parents] = await ledger.sql.all<{ n: number }>('SELECT count(*) AS n FROM metadata_parent_context');
  assert.equal(parents!.n, 2);
});
