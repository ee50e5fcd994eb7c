import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { RunView } from '../src/pipelines/api/view.ts';
import { root, Skiff } from '../tests/lib/skiff.ts';
import { succeed } from './lib/client.ts';
import { runPeer } from './lib/peers.ts';
import { median, printRow, timed } from './lib/row.ts';

const AGAIN = 10;
const SOURCE = `
from kfp import compiler, dsl
@dsl.component(base_image="python:3.11")
def shout(text: str) -> str:
    return text.upper()
@dsl.pipeline(name="component")
def component(text: str):
    shout(text=text).set_caching_options(False)
compiler.Compiler().compile(component, "PACKAGE")
`;

/** A lightweight Python component: the first run on a fresh home, then again with other arguments, caching off. */
export async function run(): Promise<void> {
  await using skiff = await Skiff.start();
  const file = join(skiff.home, 'component.yaml');
  // The SDK reads a component's source: it has to be in a file.
  const source = join(skiff.home, 'component.py');
  writeFileSync(source, SOURCE.replace('PACKAGE', file));
  spawnSync(join(root, '.cache/python/bin/python'), [source], { stdio: ['ignore', 'ignore', 'inherit'] });
  const spec = load(readFileSync(file, 'utf8'));
  const once = async (text: string) => {
    let id = '';
    const ms = await timed(async () => (id = await succeed(skiff, spec, { text }, 5)));
    const view = await skiff.json<RunView>(`/console/api/runs/${id}`);
    const output = view.nodes.find(n => n.taskName === 'shout')?.outputs.parameters['Output'];
    if (output !== text.toUpperCase()) throw new Error(`the component put out ${JSON.stringify(output)}`);
    return ms;
  };
  const first = await once('first');
  const second = await once('second');
  const later: number[] = [];
  for (let i = 0; i < AGAIN; i++) later.push(await once(`again ${i} ${process.pid}`));
  const peer = runPeer('kfp-local', 'chain.py', ['1']);
  const common = {
    bench: 'component',
    unit: 'ms',
    peer: 'kfp.local SubprocessRunner, warm',
    peerValue: peer.ms,
    ...(peer.note ? { note: peer.note } : {}),
  } as const;
  printRow({
    ...common,
    name: 'first-run',
    value: first,
    n: 1,
    note: 'fresh home; the only cache used is the Python layers made by this run',
  });
  printRow({ ...common, name: 'second-run', value: second, n: 1 });
  printRow({ ...common, name: 'later-runs', value: median(later), n: AGAIN });
}
