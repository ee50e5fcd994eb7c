import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { BrowserContext } from 'playwright-core';
import { buildConsole, hasChromium, openBrowser, openPage, type Served, serveConsole } from './browser.ts';

describe('the console in Chromium', { skip: hasChromium ? false : 'Chromium is not installed' }, () => {
  let dist = '';
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let context: BrowserContext;
  let served: Served;
  before(async () => {
    dist = await buildConsole();
    browser = await openBrowser('light');
    context = browser.context;
  });
  after(async () => {
    await browser.close();
    rmSync(dist, { recursive: true, force: true });
  });
  beforeEach(async () => {
    served = await serveConsole({ dist });
  });
  afterEach(async () => {
    for (const page of context.pages()) await page.close();
    await served.close();
  });

  it('opens a run and walks its failed tasks by keyboard alone', async () => {
    const { page, errors } = await openPage(context, `${served.url}/runs?ns=team-fraud`, '.vr .name');
    for (const key of ['j', 'j', 'j', 'Enter']) await page.keyboard.press(key);
    await page.locator('.insp h2', { hasText: 'train' }).waitFor();
    assert.match(page.url(), /\/runs\/7f3a91c\?ns=team-fraud/);
    await page.keyboard.press('l');
    await page.locator('.lg').first().waitFor();
    assert.match(page.url(), /tab=logs/);
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.locator('.need li').first().waitFor();
    assert.deepEqual(errors, []);
  });
  it('keeps filters in the address and says which one to drop', async () => {
    const { page } = await openPage(context, `${served.url}/runs?ns=team-fraud`, '.vr .name');
    await page.keyboard.press('/');
    await page.keyboard.type('status:failed');
    await page.keyboard.press('Enter');
    await page.locator('.q .chip', { hasText: 'failed' }).waitFor();
    await page.locator('.vr', { hasText: 'fraud-train-8838' }).waitFor();
    assert.match(page.url(), /q=status:failed/);
    await page.keyboard.type('nothing-like-this');
    await page.keyboard.press('Enter');
    await page.locator('.drop .link').first().waitFor();
  });
  it('archives in bulk and takes it back', async () => {
    const { page } = await openPage(context, `${served.url}/runs?ns=team-fraud`, '.vr .name');
    await page.getByLabel('Select fraud-train-8842', { exact: true }).click();
    await page.getByLabel('Select fraud-train-8841', { exact: true }).click();
    await page.locator('.bulk').getByText('Archive').click();
    await page.locator('.toast', { hasText: 'Archived 2 runs' }).waitFor();
    await page.locator('.vr', { hasText: 'fraud-train-8842' }).waitFor({ state: 'detached' });
    await page.keyboard.press('z');
    await page.locator('.vr', { hasText: 'fraud-train-8842' }).waitFor();
  });
  it('scrolls through ten thousand runs, loading as it goes', async () => {
    const { page } = await openPage(context, `${served.url}/runs?ns=team-fraud`, '.vr .name');
    for (let i = 0; i < 3; i++) {
      const before = Number(await page.locator('.vt').getAttribute('aria-rowcount'));
      await page.locator('.vbody').evaluate(el => el.scrollTo(0, el.scrollHeight));
      await page.waitForFunction(n => Number(document.querySelector('.vt')?.getAttribute('aria-rowcount')) > n, before);
    }
    assert.ok((await page.locator('.vr').count()) < 80, 'only what is seen is in the page');
  });
  it('starts a run with typed parameters by Ctrl+Enter', async () => {
    const { page } = await openPage(context, `${served.url}/runs/new?pipeline=p-churn-daily`, '.pf2');
    await page.keyboard.press('Control+Enter');
    await page.locator('.pf2.bad', { hasText: 'target' }).waitFor();
    await page.locator('.pf2', { hasText: 'target' }).locator('select').selectOption('churned_30d');
    const posted = page.waitForRequest(r => r.method() === 'POST' && r.url().endsWith('/apis/v2beta1/runs'));
    await page.keyboard.press('Control+Enter');
    const request = await posted;
    assert.deepEqual((request.postDataJSON() as { runtime_config: { parameters: unknown } }).runtime_config.parameters, {
      target: 'churned_30d',
    });
    assert.equal(request.headers()['x-skiff-csrf'], 'fixture');
    await page.waitForURL(/\/runs\/new\d+/);
  });
  it('keeps the last state on screen while Skiff is away', async () => {
    const { page } = await openPage(context, `${served.url}/runs?ns=team-fraud`, '.vr .name');
    // Playwright's offline mode depends on which page is in front; refusing every request does not.
    await page.route('**', route => route.abort('connectionrefused'));
    await page.locator('.lost').waitFor({ timeout: 10_000 });
    assert.ok((await page.locator('.vr').count()) > 10);
    await page.unroute('**');
    await page.locator('.lost').getByText('Try now').click();
    await page.locator('.lost').waitFor({ state: 'detached' });
  });
  it('opens an object by name from the palette', async () => {
    const { page } = await openPage(context, `${served.url}/`, '.need li');
    await page.keyboard.press('Control+k');
    await page.locator('.ptx:focus').waitFor();
    await page.keyboard.type('fraud-train-8838');
    await page.locator('[cmdk-item]', { hasText: 'fraud-train-8838' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'fraud-train-8838' }).waitFor();
  });
  it('needs at most 150 kB of compressed script for the first screen, and nothing from other hosts', async () => {
    const page = await context.newPage();
    const scripts: Promise<Buffer>[] = [];
    const hosts = new Set<string>();
    page.on('response', response => {
      hosts.add(new URL(response.url()).host);
      if (response.url().endsWith('.js')) scripts.push(response.body().catch(() => Buffer.alloc(0)));
    });
    await page.goto(served.url);
    await page.locator('.panel').first().waitFor();
    const bytes = (await Promise.all(scripts)).reduce((sum, body) => sum + gzipSync(body).length, 0);
    assert.ok(bytes > 0 && bytes <= 150_000, `${bytes} bytes`);
    assert.deepEqual([...hosts], [new URL(served.url).host]);
  });
});
