import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bytesUrl, parseTable, parseUri, previewKind } from './uri.ts';

it('takes a uri apart', () =>
  assert.deepEqual(parseUri('minio://mlpipeline/v2/a b.csv'), { source: 'minio', bucket: 'mlpipeline', key: 'v2/a b.csv' }));
it('has no bytes for registries', () => assert.equal(bytesUrl('oci://x/y', 'ns'), undefined));
it('escapes the key', () => assert.match(bytesUrl('s3://b/k?&=', 'ns', 64)!, /key=k%3F%26%3D&namespace=ns&peek=64/));
it('prefers the type over the ending', () => assert.equal(previewKind('system.HTML', 'minio://b/report.txt'), 'html'));
it('does not show models as text', () => assert.equal(previewKind('system.Model', 'minio://b/model'), 'none'));
it('reads quoted cells', () =>
  assert.deepEqual(parseTable('a,"b ""c"", d"\n1,2\n'), [
    ['a', 'b "c", d'],
    ['1', '2'],
  ]));
it('stops at the limit', () => assert.equal(parseTable('a\n'.repeat(50), 10).length, 10));
