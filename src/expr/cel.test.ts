import assert from 'node:assert/strict';
import { test } from 'node:test';
import { celEvaluator } from './cel.ts';
import { ExpressionError } from './evaluator.ts';

const cel = celEvaluator([{ signature: 'parseJson(string): dyn', call: (text: string) => JSON.parse(text) as unknown }]);
const inputs = { parameter_values: { one: 1, half: 1.5, five: '5', yes: true, coin: 'heads', nothing: null, list: [1, 2] } };
const holds = (text: string) => cel.evaluate(text, { inputs });

test('numbers of JSON equal ints and doubles of the same value', () => {
  assert.equal(holds("inputs.parameter_values['one'] == 1"), true);
  assert.equal(holds("inputs.parameter_values['one'] == 1.0"), true);
  assert.equal(holds("inputs.parameter_values['half'] < 2"), true);
  assert.equal(holds("int(inputs.parameter_values['five']) == 5"), true);
  assert.equal(holds("inputs.parameter_values['one'] + 1 == 2"), true);
});
test('strings are not numbers', () => {
  assert.equal(holds("inputs.parameter_values['one'] == '1'"), false);
});
test('conditions negate and combine', () => {
  assert.equal(holds("!(inputs.parameter_values['coin'] == 'heads') && inputs.parameter_values['yes'] == true"), false);
});
test('a missing key is an error unless the other side decides', () => {
  assert.throws(() => holds("inputs.parameter_values['absent'] == 'x'"), ExpressionError);
  assert.equal(holds("inputs.parameter_values['one'] == 1 || inputs.parameter_values['absent'] == 2"), true);
});
test('selectors read JSON text', () => {
  const string_value = '{"a":1,"b":[1,{"x":"y"}]}';
  assert.equal(cel.evaluate('parseJson(string_value)["a"]', { string_value }), 1);
  assert.deepEqual(cel.evaluate('parseJson(string_value)["b"][1]', { string_value }), { x: 'y' });
  assert.equal(cel.evaluate('size(string_value)', { string_value: 'abc' }), 3);
});
test('the error says what is wrong in one line', () => {
  assert.throws(
    () => cel.evaluate('1 +', {}),
    (e: unknown) => e instanceof ExpressionError && !e.message.includes('\n') && e.expression === '1 +',
  );
});
