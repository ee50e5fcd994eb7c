import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { helloPipeline, startRest } from './testing/rest.ts';
import { UPLOAD_LIMIT_BYTES } from './upload/pipeline-file.ts';

const UPLOAD = '/apis/v2beta1/pipelines/upload';
const hello = JSON.stringify(helloPipeline());

/** A tar of one or more files. */
function tarOf(files: Record<string, string>): Buffer {
  const blocks = Object.entries(files).map(([name, content]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(content.length.toString(8).padStart(11, '0'), 124);
    header.write('0', 156);
    header.fill(' ', 148, 156);
    const sum = header.reduce((a, b) => a + b, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
    body.write(content);
    return Buffer.concat([header, body]);
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

test('uploads a pipeline in every format, and its first version has its spec', async t => {
  const rest = await startRest(t);
  const zip = zipSync({ 'readme.txt': Buffer.from('no'), 'pipeline.yaml': Buffer.from(hello) });
  const files: [string, Uint8Array | string][] = [
    ['hello.yaml', `# a comment\n${hello}`],
    ['hello.json', hello],
    ['hello.zip', zip],
    ['hello.tar.gz', gzipSync(tarOf({ 'pipeline.yaml': hello }))],
    ['large.yaml', `${'#'.repeat(100_000)}\n${hello}`],
    ['first.tgz', gzipSync(tarOf({ 'other.yml': hello, 'more.yml': 'no' }))],
  ];
  for (const [name, content] of files) {
    const { status, json } = await rest.upload(`${UPLOAD}?description=d`, name, content);
    assert.equal(status, 200, JSON.stringify(json));
    assert.deepEqual(
      { ...json, pipeline_id: '' },
      {
        pipeline_id: '',
        display_name: name,
        name,
        description: 'd',
        namespace: 'kubeflow',
        created_at: '2026-01-01T00:00:00Z',
      },
    );
    const { json: versions } = await rest.call('GET', `/apis/v2beta1/pipelines/${json.pipeline_id}/versions`);
    assert.equal(versions.total_size, 1);
    assert.deepEqual(versions.pipeline_versions[0].pipeline_spec, helloPipeline());
    const version = await rest.call(
      'GET',
      `/apis/v2beta1/pipelines/${json.pipeline_id}/versions/${versions.pipeline_versions[0].pipeline_version_id}`,
    );
    assert.deepEqual(version.json, versions.pipeline_versions[0]);
  }
});

test('refuses bad uploads with the upload error body and stores nothing', async t => {
  const rest = await startRest(t);
  const layers = [...'bcdefghi'].map((k, i) => `    ${k}: &${k} [${Array(10).fill(`*${'abcdefgh'[i]}`)}]`);
  const bomb = `pipelineInfo: {name: bomb}\nschemaVersion: 2.1.0\ncomponents:\n  c:\n    a: &a [1,1,1,1,1,1,1,1,1,1]\n${layers.join('\n')}\nroot: {dag: {}}\n`;
  const cases: [string, Uint8Array | string, number, RegExp][] = [
    ['p.yaml', '', 400, /no pipeline spec is provided/],
    ['p.yaml', 'a: [', 400, /unable to decode yaml/],
    ['p.json', '{"a":', 400, /unable to decode yaml/],
    ['p.yaml', 'apiVersion: v1\nkind: Pod', 400, /no pipeline spec/],
    ['p.yaml', `---\n${hello}\n---\n${hello}`, 400, /multiple pipeline specs/],
    ['p.yaml', hello.replace('2.1.0', '2.2.0'), 400, /schema version/],
    ['p.yaml', `${'#'.repeat(100_000)}\n${bomb}`, 400, /has more than/],
    ['p.yaml', `${'#'.repeat(100_000)}\na: [`, 400, /unable to decode yaml/],
    ['p.yaml', bomb, 400, /has more than/],
    ['p.yaml', new Uint8Array([0x61, 0xff, 0xfe]), 400, /UTF-8/],
    ['p.txt', hello, 400, /Unexpected pipeline file format/],
    ['p.zip', 'PK\x03\x04broken', 400, /Not a valid zip file/],
    ['p.zip', zipSync({}), 400, /zip file/],
    ['p.zip', zipSync({ 'a.txt': Buffer.from('x') }), 400, /Expecting a pipeline.yaml/],
    ['p.tgz', Buffer.from([0x1f, 0x8b, 1, 2, 3]), 400, /Not a valid tarball/],
    ['p.tgz', gzipSync(Buffer.from('x'.repeat(2000))), 400, /Not a valid tarball/],
    ['p.tgz', gzipSync(tarOf({ 'a.txt': 'x' })), 400, /Expecting a pipeline.yaml/],
    ['p.yaml', Buffer.alloc(UPLOAD_LIMIT_BYTES + 1, 0x61), 413, /too large/],
    ['p.zip', zipSync({ 'pipeline.yaml': Buffer.alloc(UPLOAD_LIMIT_BYTES + 1) }), 400, /too large/],
  ];
  for (const [name, content, status, message] of cases) {
    const answer = await rest.upload(UPLOAD, name, content);
    assert.equal(answer.status, status, `${name} ${message}: ${answer.text}`);
    assert.match(answer.json.error_message, message);
    assert.equal(typeof answer.json.error_details, 'string');
  }
  assert.match((await rest.upload(UPLOAD, 'p.yaml', hello, 'file')).json.error_message, /Failed to read pipeline from file/);
  assert.equal((await rest.call('POST', UPLOAD, { no: 'form' })).status, 400);
  const cut = await fetch(rest.url + UPLOAD, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: '--x\r\nContent-Dis',
  });
  assert.equal(cut.status, 400);
  assert.match((await rest.upload(`${UPLOAD}?tags=[1]`, 'p.yaml', hello)).json.error_message, /tags query parameter/);
  const long = await rest.upload(`${UPLOAD}?name=${'n'.repeat(129)}`, 'p.yaml', hello);
  assert.equal(long.status, 400);
  assert.match(long.text, /length cannot exceed 128\n$/);
  assert.deepEqual((await rest.call('GET', '/apis/v2beta1/pipelines')).json, {});
  assert.deepEqual(rest.api.list('pipelines.kubeflow.org/v2beta1/PipelineVersion'), []);
});

test('names are unique: a pipeline in its namespace, a version in its pipeline', async t => {
  const rest = await startRest(t);
  const { json: first } = await rest.upload(`${UPLOAD}?name=My%20Pipeline`, 'p.yaml', hello);
  assert.equal((await rest.upload(`${UPLOAD}?name=My%20Pipeline`, 'p.yaml', hello)).status, 409);
  assert.equal((await rest.call('POST', '/apis/v2beta1/pipelines', { name: 'My Pipeline' })).json.code, 6);
  assert.equal((await rest.call('GET', '/apis/v2beta1/pipelines')).json.total_size, 1);
  assert.equal((await rest.upload(`${UPLOAD}?name=My%20Pipeline&namespace=other`, 'p.yaml', hello)).status, 200);
  const more = `${UPLOAD}_version?pipelineid=${first.pipeline_id}`;
  assert.equal((await rest.upload(`${more}&name=v2`, 'p.yaml', hello)).json.name, 'v2');
  assert.equal((await rest.upload(`${more}&name=v2`, 'p.yaml', hello)).status, 409);
  assert.equal((await rest.upload(`${UPLOAD}_version?pipelineid=none`, 'p.yaml', hello)).status, 400);
  assert.equal((await rest.upload(`${UPLOAD}_version`, 'p.yaml', hello)).status, 400);
  const named = await rest.call('GET', '/apis/v2beta1/pipelines/names/My%20Pipeline');
  assert.equal(named.json.pipeline_id, first.pipeline_id);
  assert.equal((await rest.call('GET', '/apis/v2beta1/pipelines/names/Other')).status, 404);
});

test('a pipeline with versions is deleted only in cascade', async t => {
  const rest = await startRest(t);
  const { json: pipeline } = await rest.upload(UPLOAD, 'p.yaml', hello);
  const path = `/apis/v2beta1/pipelines/${pipeline.pipeline_id}`;
  const refused = await rest.call('DELETE', path);
  assert.equal(refused.status, 400);
  assert.match(refused.json.message, /Set cascade=true/);
  assert.deepEqual((await rest.call('DELETE', `${path}?cascade=true`)).json, {});
  assert.equal((await rest.call('GET', path)).status, 404);
  const { json: empty } = await rest.call('POST', '/apis/v2beta1/pipelines', { display_name: 'Empty', tags: { team: 'a' } });
  assert.deepEqual((await rest.call('DELETE', `/apis/v2beta1/pipelines/${empty.pipeline_id}`)).json, {});
});

test('changes display name and tags, and finds by tag', async t => {
  const rest = await startRest(t);
  const { json: made } = await rest.call('POST', '/apis/v2beta1/pipelines/create', {
    pipeline: { name: 'both', tags: { team: 'a' } },
    pipeline_version: { display_name: 'one', pipeline_spec: helloPipeline() },
  });
  const path = `/apis/v2beta1/pipelines/${made.pipeline_id}`;
  const { json: patched } = await rest.call('PATCH', path, { display_name: 'New', tags: { owner: 'me', team: 'b' } });
  assert.deepEqual((await rest.call('PATCH', path, { tags: { team: 'b' } })).json.tags, { team: 'b' });
  assert.equal(patched.name, 'both');
  assert.equal(patched.display_name, 'New');
  const byTag = (value: string) => {
    const filter = JSON.stringify({ predicates: [{ operation: 1, key: 'tags.team', stringValue: value }] });
    return rest.call('GET', `/apis/v2beta1/pipelines?filter=${encodeURIComponent(filter)}`);
  };
  assert.equal((await byTag('b')).json.total_size, 1);
  assert.deepEqual((await byTag('a')).json, {});
  const { json: versions } = await rest.call('GET', `${path}/versions`);
  const [version] = versions.pipeline_versions;
  assert.equal(version.name, 'one');
  const renamed = await rest.call('PATCH', `${path}/versions/${version.pipeline_version_id}`, { display_name: 'first' });
  assert.equal(renamed.json.display_name, 'first');
  const nowhere = { pipeline: { name: 'x' }, pipeline_version: { package_url: { pipeline_url: 'http://127.0.0.1:1/p.yaml' } } };
  assert.match(
    (await rest.call('POST', '/apis/v2beta1/pipelines/create', nowhere)).json.message,
    /Pipeline URL validation failed/,
  );
  assert.equal((await rest.call('GET', '/apis/v2beta1/pipelines')).json.total_size, 1);
});

test('a run can come from a version, or from the newest of a pipeline', async t => {
  const rest = await startRest(t);
  const { json: pipeline } = await rest.upload(`${UPLOAD}?name=p`, 'p.yaml', hello);
  rest.clock.advance(1000);
  const { json: newer } = await rest.upload(
    `${UPLOAD}_version?pipelineid=${pipeline.pipeline_id}&name=v2`,
    'p.yaml',
    JSON.stringify(helloPipeline('newer')),
  );
  const make = (reference: object) =>
    rest.call('POST', '/apis/v2beta1/runs', {
      display_name: 'r',
      pipeline_version_reference: reference,
      runtime_config: { parameters: { text: 'x' } },
    });
  const { json: latest } = await make({ pipeline_id: pipeline.pipeline_id });
  assert.deepEqual(latest.pipeline_version_reference, {
    pipeline_id: pipeline.pipeline_id,
    pipeline_version_id: newer.pipeline_version_id,
  });
  assert.equal(latest.pipeline_spec, undefined);
  assert.equal((await make({ pipeline_version_id: newer.pipeline_version_id })).status, 200);
  const wrong = await make({ pipeline_id: 'other', pipeline_version_id: newer.pipeline_version_id });
  assert.match(wrong.json.message, /belongs to pipeline/);
});

const corpus = new URL('../../../../shared/conformance/pipelines/', import.meta.url).pathname;
test('uploads what upstream accepts and refuses what it refuses', { skip: !existsSync(corpus) }, async t => {
  const rest = await startRest(t);
  const filesOf = (folder: string) =>
    readdirSync(join(corpus, folder), { recursive: true, encoding: 'utf8' })
      .filter(f => /\.(ya?ml|zip)$/.test(f))
      .map(f => join(corpus, folder, f));
  for (const file of filesOf('kfp-ir/invalid')) {
    const answer = await rest.upload(UPLOAD, file, readFileSync(file));
    assert.equal(answer.status, 400, `${file}: ${answer.text}`);
  }
  assert.deepEqual((await rest.call('GET', '/apis/v2beta1/pipelines')).json, {});
  const refused: string[] = [];
  for (const [i, file] of filesOf('kfp-ir/valid').entries()) {
    const answer = await rest.upload(`${UPLOAD}?name=p${i}`, file, readFileSync(file));
    if (answer.status !== 200) refused.push(`${file}: ${answer.text}`);
  }
  assert.deepEqual(refused, []);
});
