import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { openBrowser, openPage, serveConsole, type Theme } from '../tests/browser/browser.ts';
import { emptyPages, type PageCase, pages } from '../tests/browser/pages.ts';

/**
 * A PNG of every page of the console, light and dark, in shots/out; beside its design mock where there is one.
 * `node tools/shots.ts [--only NAME,…]`
 */
const out = join(import.meta.dirname, '../shots/out');
const mocks = join(import.meta.dirname, '../../shared/design/console/shots');
const only = process.argv[process.argv.indexOf('--only') + 1];
const wanted = process.argv.includes('--only') ? new Set(only?.split(',')) : undefined;

/** Two pictures in one, mock left, page right. */
function beside(left: Buffer, right: Buffer): Buffer {
  const [a, b] = [PNG.sync.read(left), PNG.sync.read(right)];
  const gap = 16;
  const both = new PNG({ width: a.width + gap + b.width, height: Math.max(a.height, b.height), fill: true });
  PNG.bitblt(a, both, 0, 0, a.width, a.height, 0, 0);
  PNG.bitblt(b, both, 0, 0, b.width, b.height, a.width + gap, 0);
  return PNG.sync.write(both);
}
async function shoot(url: string, cases: readonly PageCase[], theme: Theme, runId: string): Promise<number> {
  const { context, close } = await openBrowser(theme);
  let failures = 0;
  for (const each of cases) {
    if (wanted && !wanted.has(each.name)) continue;
    try {
      const { page, errors } = await openPage(context, url + each.path.replace('RUN22', runId), each.ready);
      await each.act?.(page);
      await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => undefined); // Watches keep some pages busy for ever.
      const png = await page.screenshot({ animations: 'disabled' });
      writeFileSync(join(out, `${each.name}-${theme}.png`), png);
      const mock = each.mock && join(mocks, `${each.mock}-${theme}.png`);
      if (mock && existsSync(mock)) writeFileSync(join(out, `beside-${each.name}-${theme}.png`), beside(readFileSync(mock), png));
      if (errors.length) console.log(`${each.name} ${theme}: ${errors.join(' | ')}`);
      await page.close();
    } catch (error) {
      failures += 1;
      console.log(`${each.name} ${theme}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  await close();
  return failures;
}

mkdirSync(out, { recursive: true });
const full = await serveConsole();
const empty = await serveConsole({ empty: true, dist: full.dist });
const { runs } = (await (await fetch(`${full.url}/apis/v2beta1/runs?page_size=50&sort_by=created_at%20desc`)).json()) as {
  runs: { run_id: string; display_name: string }[];
};
const runId = runs.find(r => r.display_name === 'churn-daily-2026-11-22')?.run_id ?? '';
let failures = 0;
for (const theme of ['light', 'dark'] as const) {
  failures += await shoot(full.url, pages, theme, runId);
  failures += await shoot(empty.url, emptyPages, theme, runId);
}
await full.close();
await empty.close();
rmSync(full.dist, { recursive: true, force: true });
process.exitCode = failures ? 1 : 0;
