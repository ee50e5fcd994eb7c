import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Run } from '../../api/run.ts';
import { runRows } from '../rows.ts';
import { type Rest, startRest } from '../testing/rest.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
/** Run `i` is named after `i % 7`, created `i` seconds after the start, failed when divisible by 3. */
function runAt(i: number): Run {
  const created = new Date(START_MS + i * 1000).toISOString();
  return {
    apiVersion: 'pipelines.skiff.dev/v1',
    kind: 'Run',
    metadata: {
      uid: `id-${String(i).padStart(3, '0')}`,
      name: `run-${i}`,
      namespace: i % 2 ? 'odd' : 'even',
      creationTimestamp: created,
      resourceVersion: '1',
    },
    spec: { displayName: `100% name_${i % 7}`, experimentId: 'e', ...(i % 5 ? {} : { storageState: 'ARCHIVED' as const }) },
    status: { state: i % 3 ? 'SUCCEEDED' : 'FAILED', finishedAt: created },
  };
}
async function fill(rest: Rest, count: number): Promise<void> {
  await rest.env.ledger.transaction(Array.from({ length: count }, (_, i) => runRows(runAt(i))).flat());
}
const list = async (rest: Rest, query: Record<string, string>) =>
  await rest.call('GET', `/apis/v2beta1/runs?${new URLSearchParams(query)}`);
const where = (...predicates: object[]) => JSON.stringify({ predicates });

test('pages through everything exactly once, in order, also when the sort value repeats', async t => {
  const rest = await startRest(t);
  await fill(rest, 100);
  for (const sort_by of ['', 'created_at desc', 'display_name', 'display_name desc', 'state asc', 'RUN_ID DESC']) {
    const seen: { run_id: string; display_name: string }[] = [];
    let page_token = '';
    do {
      const { json } = await list(rest, { sort_by: page_token ? '' : sort_by, page_size: '7', page_token });
      assert.equal(json.total_size, 100);
      seen.push(...json.runs);
      page_token = json.next_page_token ?? '';
    } while (page_token);
    assert.equal(new Set(seen.map(r => r.run_id)).size, 100, sort_by);
    const names = seen.map(r => r.display_name);
    if (sort_by.startsWith('display_name'))
      assert.deepEqual(names, sort_by.endsWith('desc') ? names.toSorted().reverse() : names.toSorted());
    if (sort_by === '')
      assert.deepEqual(
        seen.map(r => r.run_id),
        seen.map(r => r.run_id).toSorted(),
      );
  }
});

test('a page token brings sort and filter along, and contradicts others', async t => {
  const rest = await startRest(t);
  await fill(rest, 60);
  const filter = where({ operation: 'EQUALS', key: 'state', string_value: 'FAILED' });
  const first = await list(rest, { sort_by: 'created_at desc', filter, page_size: '5' });
  const page_token = first.json.next_page_token;
  const replayed = await list(rest, { page_token, page_size: '5' });
  const repeated = await list(rest, { page_token, page_size: '5', sort_by: 'created_at desc', filter });
  assert.deepEqual(
    replayed.json.runs.map((r: { run_id: string }) => r.run_id),
    ['id-042', 'id-039', 'id-036', 'id-033', 'id-030'],
  );
  assert.deepEqual(repeated.json, replayed.json);
  assert.match((await list(rest, { page_token, sort_by: 'created_at' })).json.message, /page token does not match/);
  assert.match(
    (await list(rest, { page_token, filter: where({ operation: 'EQUALS', key: 'state', string_value: 'X' }) })).json.message,
    /page token does not match/,
  );
});

test('filters by every operation, in the spelling of the SDK and of the UI', async t => {
  const rest = await startRest(t);
  await fill(rest, 20);
  const at = (i: number) => new Date(START_MS + i * 1000).toISOString();
  const cases: [object[], number][] = [
    [[{ operation: 'EQUALS', key: 'state', string_value: 'FAILED' }], 7],
    [[{ operation: 1, key: 'state', stringValue: 'FAILED' }], 7],
    [[{ operation: 2, key: 'storage_state', stringValue: 'ARCHIVED' }], 16],
    [[{ operation: 'GREATER_THAN', key: 'created_at', timestamp_value: at(15) }], 4],
    [[{ operation: 5, key: 'created_at', timestampValue: at(15) }], 5],
    [[{ operation: 'LESS_THAN', key: 'finished_at', long_value: String(START_MS / 1000 + 2) }], 2],
    [[{ operation: 7, key: 'created_at', intValue: START_MS / 1000 + 2 }], 3],
    [[{ operation: 'IN', key: 'run_id', string_values: { values: ['id-001', 'id-019', 'no'] } }], 2],
    [[{ operation: 9, key: 'display_name', stringValue: 'NAME_6' }], 2],
    [[{ operation: 9, key: 'display_name', stringValue: '0% n' }], 20],
    [[{ operation: 9, key: 'display_name', stringValue: '%' }], 20],
    [[{ operation: 9, key: 'display_name', stringValue: 'e%6' }], 0],
    [[{ operation: 9, key: 'display_name', stringValue: 'name-6' }], 0],
    [
      [
        { operation: 1, key: 'namespace', stringValue: 'odd' },
        { operation: 1, key: 'state', stringValue: 'FAILED' },
      ],
      3,
    ],
    [[], 20],
  ];
  for (const [predicates, total] of cases) {
    const answer = await list(rest, { filter: where(...predicates) });
    assert.equal(answer.json.total_size ?? 0, total, `${where(...predicates)}: ${answer.text.slice(0, 300)}`);
  }
  const twice = encodeURIComponent(where({ operation: 1, key: 'state', stringValue: 'FAILED' }));
  assert.equal((await list(rest, { filter: twice })).json.total_size, 7);
  assert.equal((await list(rest, { namespace: 'even' })).json.total_size, 10);
});

test('refuses sorts, filters and tokens it does not understand', async t => {
  const rest = await startRest(t);
  await fill(rest, 30);
  const { json } = await list(rest, { page_size: '1' });
  const forge = (o: object) =>
    Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(json.next_page_token, 'base64').toString()), ...o })).toString(
      'base64',
    );
  const cases: [Record<string, string>, RegExp][] = [
    [{ page_size: 'many' }, /no number/],
    [{ page_size: '-3' }, /greater than 0/],
    [{ sort_by: 'created_at sideways' }, /Received invalid sort by format/],
    [{ sort_by: 'a b c' }, /Received invalid sort by format/],
    [{ sort_by: 'run_id; DROP TABLE run_list' }, /Received invalid sort by format/],
    [{ sort_by: 'version' }, /Invalid sorting field/],
    [{ sort_by: 'constructor' }, /Invalid sorting field/],
    [{ filter: '{' }, /failed to parse valid filter/],
    [{ filter: '[]' }, /must be an object/],
    [{ filter: where({ operation: 'LIKE', key: 'state', string_value: 'a' }) }, /invalid value for enum/],
    [{ filter: where({ operation: 4, key: 'state', string_value: 'a' }) }, /invalid value for enum/],
    [{ filter: where({ key: 'state', string_value: 'a' }) }, /invalid predicate operation/],
    [{ filter: where({ operation: 1, key: 'object_name', string_value: 'a' }) }, /unrecognized field/],
    [{ filter: where({ operation: 1, key: 'tags.a', string_value: 'a' }) }, /unrecognized field/],
    [{ filter: where({ operation: 1, key: 'state' }) }, /has no value/],
    [{ filter: where({ operation: 'IN', key: 'state', string_value: 'a' }) }, /cannot use IN/],
    [{ filter: where({ operation: 1, key: 'state', string_values: { values: ['a'] } }) }, /scalar operator/],
    [{ filter: where({ operation: 1, key: 'created_at', string_value: 'noon' }) }, /no time/],
    [{ page_token: 'no token' }, /Invalid page token/],
    [{ page_token: Buffer.from('7').toString('base64') }, /Invalid page token/],
    [{ page_token: forge({ SortByFieldName: 'version' }) }, /Invalid page token/],
    [{ page_token: forge({ ModelName: 'Pipeline' }) }, /Invalid page token/],
    [{ page_token: forge({ KeyFieldValue: null }) }, /Invalid page token/],
    [{ page_token: forge({ Filter: [{ operation: '= 1; --', key: 'state', value: 'x' }] }) }, /invalid predicate operation/],
    [{ page_token: forge({ Filter: [{ operation: 'EQUALS', key: '1=1 --', value: 'x' }] }) }, /unrecognized field/],
  ];
  for (const [query, message] of cases) {
    const answer = await list(rest, query);
    assert.equal(answer.status, 400, `${JSON.stringify(query)}: ${answer.text}`);
    assert.match(answer.json.message, message);
  }
  assert.equal((await list(rest, { page_size: '1000' })).json.runs.length, 30);
  assert.equal((await list(rest, {})).json.runs.length, 20);
});

test('an older state of a run does not cover a newer one', async t => {
  const rest = await startRest(t);
  const newer = { ...runAt(1), metadata: { ...runAt(1).metadata, resourceVersion: '9' } };
  await rest.env.ledger.transaction(runRows(newer));
  await rest.env.ledger.transaction(runRows({ ...runAt(1), status: { state: 'RUNNING' } }));
  const { json } = await list(rest, {});
  assert.equal(json.runs[0].state, 'SUCCEEDED');
});
