import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';

const console = join(import.meta.dirname, '../../console/src');
it('writes raw colours in tokens.css only', () => {
  const files = globSync('**/*.{css,tsx,ts}', { cwd: console }).filter(f => f !== 'styles/tokens.css' && !f.endsWith('.test.ts'));
  const raw = /#[0-9a-f]{3,8}\b(?=[;,)"'\s])|\brgba?\(|\bhsla?\(|\boklch\(/i;
  const found = files.flatMap(file =>
    readFileSync(join(console, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => (raw.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  assert.deepEqual(found, []);
});
