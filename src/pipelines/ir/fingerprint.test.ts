import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CacheKey, fingerprintOf } from './fingerprint.ts';

// Keys and digests of upstream's cache_test.go.
const key: CacheKey = {
  inputArtifactNames: { dataset_one: { artifactNames: ['1'] }, dataset_two: { artifactNames: ['2'] } },
  inputParameterValues: { message: 'Some string value', num_steps: 5 },
  outputArtifactsSpec: {
    model: {
      name: 'model',
      type: {
        instanceSchema:
          'title: kfp.Model\ntype: object\nproperties:\n  framework:\n    type: string\n  framework_version:\n    type: string\n',
      },
      metadata: { name: 'model' },
    },
    metrics: { name: 'metrics', type: { schemaTitle: 'kfp.Metrics' }, metadata: { name: 'metrics' } },
  },
  outputParametersSpec: { output_parameter_one: 'STRING', output_parameter_two: 'INT' },
  containerSpec: { cmdArgs: ['sh', 'ec', 'test'], image: 'python:3.9' },
};

test('a cache key has the fingerprint that upstream gives it', () => {
  assert.equal(fingerprintOf(key), '4e8a5d7d70997b0a35429fcd481af8fcd5b9f58ef4391bdb6ad900fd1c63622b');
});
test('another key has another fingerprint', () => {
  const other: CacheKey = {
    inputArtifactNames: { dataset: { artifactNames: ['10'] } },
    outputParametersSpec: { output_parameter: 'DOUBLE' },
    containerSpec: { cmdArgs: ['sh', 'ec', 'run'], image: 'python:3.9' },
  };
  assert.equal(fingerprintOf(other), '0a4cc1f15cdfad5170e1358518f7128c5278500a670db1b9a3f3d83b93db396e');
});
test('HTML characters are escaped as Go does', () => {
  const a = fingerprintOf({ containerSpec: { image: 'x', cmdArgs: ['<a>&'] } });
  assert.equal(a, fingerprintOf({ containerSpec: { image: 'x', cmdArgs: ['<a>&'] } }));
  assert.notEqual(a, fingerprintOf({ containerSpec: { image: 'x', cmdArgs: ['\\u003ca>&'] } }));
});
