import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { messageNamed } from '../../../src/apiserver/protobuf/messages.ts';
import { SPECIAL } from '../../../src/apiserver/protobuf/special.ts';
import { parseProto } from '../../../tools/proto-file.ts';
import { type Checker, Skip } from '../case.ts';
import type { ApimachineryWorld } from './world.ts';

/** `k8s.io.apimachinery.pkg.apis.meta.v1` is `meta.v1` with us, `k8s.io.apimachinery.pkg.runtime` is `runtime`. */
const shortPackage = (name: string) => /[^.]+\.v\d\w*$|[^.]+$/.exec(name)![0];

/** Discovery and admission reviews are only sent, as JSON. */
const SENT_ONLY = /\/(?:apidiscovery|admission)\//;

export const proto: readonly Checker<ApimachineryWorld>[] = [
  {
    name: 'wire schemas',
    prefix: 'proto/',
    expectation: /^proto2 wire schema/,
    async check(c) {
      if (SENT_ONLY.test(c.file)) throw new Skip('refused-upstream', 'no path takes a body of this group');
      const file = parseProto(readFileSync(c.path, 'utf8'));
      const missing: string[] = [];
      let fields = 0;
      for (const { name, fields: theirs } of file.messages) {
        const type = `${shortPackage(file.package)}.${name}`;
        if (SPECIAL[type]) continue;
        const ours = messageNamed(type);
        if (!ours) missing.push(type);
        else
          for (const { name: field, number, repeated, map } of theirs) {
            fields++;
            const found = ours.get(number);
            const shape = map ? '{}' : repeated ? '[]' : '';
            if (found?.shape !== shape) missing.push(`${type}.${field}`);
          }
      }
      console.log(`        ${fields} fields of ${file.messages.length} messages`);
      assert.deepEqual(missing, []);
    },
  },
];
