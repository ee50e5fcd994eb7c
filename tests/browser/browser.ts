import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { startFixtures } from '../../console/fixtures/server.ts';
import { drawnAt } from '../../console/fixtures/time.ts';

const consoleDir = join(import.meta.dirname, '../../console');
export type Theme = 'light' | 'dark';
export type Served = { url: string; close(): Promise<void> };

/** Builds the console into a folder of its own and serves it with fixture data, at the mocks' moment. */
export async function serveConsole(o: { empty?: boolean; dist?: string } = {}): Promise<Served & { dist: string }> {
  const dist = o.dist ?? (await buildConsole());
  const server = await startFixtures({ dist, now: drawnAt, empty: o.empty ?? false });
  return { url: server.url, dist, close: server.close };
}
export async function buildConsole(): Promise<string> {
  const dist = mkdtempSync(join(tmpdir(), 'skiff-console-'));
  await build({
    root: consoleDir,
    configFile: join(consoleDir, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: dist, emptyOutDir: true },
  });
  return dist;
}
const executable = '/usr/bin/chromium';
export const hasChromium = existsSync(executable);
/** A headless Chromium with a fresh profile; `close` removes it. */
export async function openBrowser(
  theme: Theme,
  size = { width: 1440, height: 900 },
): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), 'skiff-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    viewport: size,
    colorScheme: theme,
    timezoneId: 'UTC',
    locale: 'en-GB',
    reducedMotion: 'reduce',
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
/** Opens a page of the console at the mocks' moment and waits until it has drawn its data. */
export async function openPage(context: BrowserContext, url: string, ready: string): Promise<{ page: Page; errors: string[] }> {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', error => errors.push(error.message));
  page.on('console', message => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.clock.setFixedTime(new Date(drawnAt));
  await page.goto(url);
  await page.locator(ready).first().waitFor({ timeout: 60_000 });
  await page.evaluate(() => document.fonts.ready);
  return { page, errors };
}
