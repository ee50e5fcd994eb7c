import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRest } from './testing/rest.ts';

const PATH = '/apis/v2beta1/experiments';

test('has the experiment Default from the start, which cannot be deleted', async t => {
  const rest = await startRest(t);
  const [first, second] = await Promise.all([rest.call('GET', PATH), rest.call('GET', PATH)]);
  assert.deepEqual(first.json, second.json);
  assert.equal(first.json.total_size, 1);
  const [experiment] = first.json.experiments;
  assert.equal(experiment.display_name, 'Default');
  const refused = await rest.call('DELETE', `${PATH}/${experiment.experiment_id}`);
  assert.equal(refused.status, 409);
  assert.match(refused.json.message, /The default experiment cannot be deleted/);
});

test('creates, gets, archives and deletes', async t => {
  const rest = await startRest(t);
  const { json: made } = await rest.call('POST', PATH, { display_name: 'mine', description: 'd', namespace: 'team' });
  assert.deepEqual(made, {
    experiment_id: made.experiment_id,
    display_name: 'mine',
    description: 'd',
    namespace: 'team',
    storage_state: 'AVAILABLE',
    created_at: '2026-01-01T00:00:00Z',
    last_run_created_at: '1970-01-01T00:00:00Z',
  });
  const path = `${PATH}/${made.experiment_id}`;
  assert.deepEqual((await rest.call('GET', path)).json, made);
  assert.deepEqual((await rest.call('GET', `${PATH}?namespace=team`)).json.experiments, [made]);
  assert.deepEqual((await rest.call('POST', `${path}:archive`)).json, {});
  assert.equal((await rest.call('GET', path)).json.storage_state, 'ARCHIVED');
  assert.deepEqual((await rest.call('POST', `${path}:unarchive`)).json, {});
  assert.equal((await rest.call('GET', path)).json.storage_state, 'AVAILABLE');
  assert.deepEqual((await rest.call('DELETE', path)).json, {});
  assert.equal((await rest.call('GET', path)).json.code, 5);
});

test('refuses bad names, doubles and strangers', async t => {
  const rest = await startRest(t);
  await rest.call('POST', PATH, { display_name: 'mine' });
  const cases: [unknown, number, RegExp][] = [
    [{ display_name: 'mine' }, 409, /The name mine already exists/],
    [{ display_name: '' }, 400, /non-empty name/],
    [{}, 400, /non-empty name/],
    [undefined, 400, /must be an object/],
    [{ name: 'x' }, 400, /unknown field "name"/],
    [{ display_name: 'x'.repeat(129) }, 400, /length cannot exceed 128/],
    [{ display_name: 'x', namespace: 'n'.repeat(64) }, 400, /length cannot exceed 63/],
  ];
  for (const [body, status, message] of cases) {
    const answer = await rest.call('POST', PATH, body);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.json.message, message);
  }
  rest.denied.add('create experiments');
  assert.equal((await rest.call('POST', PATH, { display_name: 'y' })).status, 403);
  assert.equal((await rest.call('GET', PATH)).json.total_size, 2);
});
