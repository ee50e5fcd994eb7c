/** `npm run bench -- start|chain|fanout|component`: one JSON object a line, ours beside floors and peers in one run. */
const BENCHES: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  start: () => import('./start.ts'),
  chain: () => import('./chain.ts'),
  fanout: () => import('./fanout.ts'),
  component: () => import('./component.ts'),
};
const names = process.argv.slice(2);
const unknown = names.find(n => !BENCHES[n]);
if (names.length === 0 || unknown) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')}`);
  process.exit(2);
}
for (const name of names) await (await BENCHES[name]!()).run();
