import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { hasChromium, openBrowser, openPage, type Served, serveConsole, type Theme } from './browser.ts';
import { emptyPages, type PageCase, pages } from './pages.ts';

type Finding = { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical findings, one line for each element. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const violations = (await page.evaluate(
    '(async () => (await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations)()',
  )) as Finding[];
  return violations
    .filter(v => v.impact === 'serious' || v.impact === 'critical')
    .flatMap(v => v.nodes.map(n => `${v.id}: ${n.target.join(' ')} (${n.failureSummary.split('\n')[1]?.trim()})`));
}

describe('accessibility of every page', { skip: hasChromium ? false : 'Chromium is not installed' }, () => {
  let full: Served & { dist: string };
  let empty: Served;
  let finishedRun = '';
  before(async () => {
    full = await serveConsole();
    empty = await serveConsole({ empty: true, dist: full.dist });
    const answer = await fetch(`${full.url}/apis/v2beta1/runs?page_size=50&sort_by=created_at%20desc`);
    const { runs } = (await answer.json()) as { runs: { run_id: string; display_name: string }[] };
    finishedRun = runs.find(r => r.display_name === 'churn-daily-2026-11-22')!.run_id;
  });
  after(async () => {
    await full.close();
    await empty.close();
    rmSync(full.dist, { recursive: true, force: true });
  });
  for (const theme of ['light', 'dark'] as const satisfies Theme[]) {
    it(`has no serious or critical finding, ${theme}`, async () => {
      const { context, close } = await openBrowser(theme);
      const found: string[] = [];
      const check = async (served: Served, cases: readonly PageCase[]): Promise<void> => {
        for (const each of cases) {
          const { page, errors } = await openPage(context, served.url + each.path.replace('RUN22', finishedRun), each.ready);
          await each.act?.(page);
          found.push(...(await findings(page)).map(line => `${each.name}: ${line}`));
          found.push(...errors.filter(e => !e.includes('404')).map(e => `${each.name}: page error ${e}`));
          await page.close();
        }
      };
      try {
        await check(full, pages);
        await check(empty, emptyPages);
      } finally {
        await close();
      }
      assert.deepEqual(found, []);
    });
  }
});
