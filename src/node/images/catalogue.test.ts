import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NotStartable } from '../errors.ts';
import { Catalogue, commandLine } from './catalogue.ts';
import { readOwnEntries } from './own-entries.ts';
import { parseImage } from './reference.ts';
import { CATALOGUE } from './table.ts';

const all = new Catalogue(CATALOGUE, () => true);
const bare = new Catalogue(CATALOGUE, () => false);

const KINDS: [string, string][] = [
  ['python:3.11', 'python'],
  ['python:alpine3.9', 'python'],
  ['registry.access.redhat.com/ubi9/python-311:latest', 'python'],
  ['public.ecr.aws/docker/library/python:3.12', 'python'],
  ['mirror.gcr.io/python@sha256:e8be0ea148390d08bc077840cf87ac6a538d80b0ea1e8752b3e3982987cd0a53', 'python'],
  ['alpine', 'userland'],
  ['alpine:3.23', 'userland'],
  ['busybox', 'userland'],
  ['ghcr.io/containerd/busybox', 'userland'],
  ['library/bash', 'userland'],
  ['mirror.gcr.io/ubuntu', 'userland'],
  ['jetbrainsinfra/jq', 'userland'],
  ['argoproj/argosay:v2', 'userland'],
];
for (const [image, kind] of KINDS) {
  test(`runs ${image} as ${kind}`, () => assert.equal(all.resolve(image, undefined).entry.kind, kind));
}

const REFUSED: [string, string | undefined, string][] = [
  ['gcr.io/my-image', undefined, 'ErrImagePull'],
  ['gcr.io/my-image', 'Never', 'ErrImageNeverPull'],
  ['argostub/createpvc', undefined, 'ErrImagePull'],
  ['UPPER/case', undefined, 'InvalidImageName'],
  ['{{inputs.image}}', undefined, 'InvalidImageName'],
  ['', undefined, 'InvalidImageName'],
];
for (const [image, policy, reason] of REFUSED) {
  test(`refuses "${image}" (${policy ?? 'default policy'}) with ${reason}`, () =>
    assert.throws(
      () => all.resolve(image, policy),
      (e: NotStartable) => e.reason === reason,
    ));
}
test('names the program to install', () => {
  assert.throws(() => bare.resolve('jetbrainsinfra/jq', undefined), /needs the program "jq"/);
});
test('reads registry with port, tag and digest', () => {
  assert.deepEqual(parseImage('localhost:5000/a/b:v1'), { registry: 'localhost:5000', repository: 'a/b', tag: 'v1' });
  assert.equal(parseImage('alpine').repository, 'library/alpine');
});
test('the same image has the same imageID, another tag another one', () => {
  const id = (image: string) => all.resolve(image, undefined).imageID;
  assert.equal(id('alpine'), id('docker.io/library/alpine:latest'));
  assert.notEqual(id('alpine:3.1'), id('alpine:3.2'));
});
test('command replaces entry point and CMD, args replace CMD', () => {
  const entry = { entrypoint: ['tool'], cmd: ['--help'] };
  assert.deepEqual(commandLine('i', entry, undefined, undefined), ['tool', '--help']);
  assert.deepEqual(commandLine('i', entry, undefined, ['x']), ['tool', 'x']);
  assert.deepEqual(commandLine('i', entry, ['sh'], undefined), ['sh']);
  assert.deepEqual(commandLine('i', entry, ['sh'], ['-c']), ['sh', '-c']);
  assert.throws(
    () => commandLine('i', {}, undefined, undefined),
    (e: NotStartable) => e.reason === 'CreateContainerError',
  );
});
test('own entries come from images.yaml and stand first', async t => {
  const home = await mkdtemp(join(tmpdir(), 'skiff-images-'));
  t.after(() => rm(home, { recursive: true }));
  assert.deepEqual(await readOwnEntries(home), []);
  await writeFile(join(home, 'images.yaml'), 'images:\n- {match: me/trainer, kind: python, requirements: [numpy]}\n');
  const own = await readOwnEntries(home);
  const catalogue = new Catalogue([...own, ...CATALOGUE], () => true);
  assert.deepEqual(catalogue.resolve('me/trainer:1', undefined).entry.requirements, ['numpy']);
  await writeFile(join(home, 'images.yaml'), '- {match: x, kind: wrong}\n');
  await assert.rejects(readOwnEntries(home), /entry 1: kind must be/);
});
