import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../lib/index.ts';
import { SYSTEM_FOLDERS } from '../machine/programs.ts';
import { findInterpreter } from './interpreter.ts';
import { Layers } from './layers.ts';

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const hostEnv: Record<string, string> = existsSync(CERTIFICATES) ? { PIP_CERT: CERTIFICATES } : {};

test('a layer is a movable Python whose pip knows what is there', async t => {
  const home = await mkdtemp(join(tmpdir(), 'skiff-layers-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const python = await findInterpreter(SYSTEM_FOLDERS, undefined);
  if (!python) return t.skip('no Python that Pods could run');
  const layers = new Layers({ home, folders: SYSTEM_FOLDERS, hostEnv, log: silentLogger });
  const request = ['six==1.16.0', '--no-deps', 'typing-extensions>=3.7.4,<5; python_version<"3.9"'];
  const [layer, same] = await Promise.all([layers.get(python, [request]), layers.get(python, [request])]);
  assert.equal(layer.path, same.path);
  assert.notEqual(layers.hashOf(python, [request]), layers.hashOf(python, [[...request, 'attrs']]));

  const moved = join(home, 'moved');
  await rename(layer.path, moved);
  const program = join(moved, 'bin', 'python3');
  const env = { PATH: '/usr/bin:/bin' };
  const say = (...argv: string[]) => execFileSync(program, argv, { env, encoding: 'utf8' }).trim();
  assert.equal(say('-c', 'import six, sys; print(six.__version__, sys.prefix == sys.base_prefix)'), '1.16.0 True');
  assert.ok(say('-c', 'import six; print(six.__file__)').startsWith(moved));
  const pip = join(moved, python.scripts, 'pip');
  assert.match(execFileSync(pip, ['--version'], { env, encoding: 'utf8' }), new RegExp(`^pip .*${moved}`));

  const refused = { ...env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: '/nonexistent' };
  const install = (...args: string[]) =>
    execFileSync(program, ['-m', 'pip', 'install', ...args], { env: refused, encoding: 'utf8', stdio: 'pipe' });
  assert.equal(install('--quiet', '--no-warn-script-location', ...request), '');
  assert.throws(() => install('--quiet', 'surely-not-a-package-of-anybody'), /No matching distribution/);
  assert.match(install('six'), /already satisfied/);
  assert.match(await readFile(join(moved, 'layer.installed'), 'utf8'), /^six\n$/);

  const venv = join(home, 'venv');
  say('-m', 'venv', '--system-site-packages', venv);
  const inner = execFileSync(join(venv, 'bin', 'python3'), ['-c', 'import six; print(six.__version__)'], {
    env,
    encoding: 'utf8',
  });
  assert.equal(inner.trim(), '1.16.0');
});
