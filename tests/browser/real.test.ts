import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ensureConsole } from '../../tools/setup.ts';
import { Skiff } from '../lib/skiff.ts';
import { hasChromium, openBrowser } from './browser.ts';

const PIPELINE = `
pipelineInfo: { name: greeting }
schemaVersion: 2.1.0
sdkVersion: test
components:
  comp-greet:
    executorLabel: exec-greet
    inputDefinitions: { parameters: { who: { parameterType: STRING } } }
    outputDefinitions: { artifacts: { report: { artifactType: { schemaTitle: system.Markdown, schemaVersion: 0.0.1 } } } }
deploymentSpec:
  executors:
    exec-greet:
      container:
        image: busybox
        command: [sh, -c, 'echo "hello $0" && test "$0" != nobody && mkdir -p $(dirname "$1") && echo "# Hello $0" > "$1"']
        args: ["{{$.inputs.parameters['who']}}", "{{$.outputs.artifacts['report'].path}}"]
root:
  dag:
    tasks:
      greet:
        taskInfo: { name: greet }
        componentRef: { name: comp-greet }
        inputs: { parameters: { who: { componentInputParameter: who } } }
  inputDefinitions: { parameters: { who: { parameterType: STRING, defaultValue: world } } }
`;

describe('the console on a real Skiff', { skip: !hasChromium && 'needs-package:chromium' }, () => {
  let skiff: Skiff;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let page: Page;
  const errors: string[] = [];
  before(async () => {
    ensureConsole();
    skiff = await Skiff.start();
    browser = await openBrowser('light');
    page = await browser.context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', e => errors.push(String(e)));
    const { url } = await skiff.json<{ url: string }>('/console/api/links', { method: 'POST' });
    await page.goto(url);
    await page.getByRole('navigation').first().waitFor();
  });
  after(async () => {
    await browser?.close();
    await skiff?.stop();
  });
  const open = (path: string) => page.goto(skiff.ready.console + path);

  async function startRun(who: string): Promise<void> {
    await open('/pipelines');
    await page.getByRole('link', { name: 'greeting' }).first().click();
    await page
      .getByRole('link', { name: /start run|new run/i })
      .or(page.getByRole('button', { name: /start run|new run/i }))
      .first()
      .click();
    await page.getByLabel(/who/).first().fill(who);
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  }

  test('a one-time link signs in and is gone from the address', () => {
    assert.doesNotMatch(page.url(), /token/);
  });

  test('uploads a pipeline, submits it and watches it to green', async () => {
    const file = join(skiff.home, 'greeting.yaml');
    writeFileSync(file, PIPELINE);
    await open('/pipelines');
    await page.getByRole('button', { name: 'Upload pipeline' }).first().click();
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByLabel('Name', { exact: true }).fill('greeting');
    await page.keyboard.press('Control+Enter');
    await page.getByText('greeting').first().waitFor();
    await startRun('moon');
    await page.getByText('Succeeded').first().waitFor();
  });

  test('its log and its artifact can be opened', async () => {
    const url = new URL(page.url());
    await open(`${url.pathname}?node=greet&tab=logs`);
    await page.getByText('hello moon').first().waitFor();
    await open(`${url.pathname}?node=greet&tab=artifacts&artifact=report`);
    await page.getByRole('heading', { name: 'Hello moon' }).waitFor();
  });

  test('a failing run shows why', async () => {
    await startRun('nobody');
    await page.getByText('Failed').first().waitFor();
    await open(`${new URL(page.url()).pathname}?node=greet`);
    await page
      .getByText(/exit code 1/i)
      .first()
      .waitFor();
  });

  test('the link that the SDK prints leads to the run', async () => {
    const id = /\/runs\/([0-9a-f-]{36})/.exec(page.url())![1];
    await open(`/#/runs/details/${id}`);
    await page.waitForURL(new RegExp(`/runs/${id}`));
    await page.getByText('greet').first().waitFor();
  });

  test('no page threw', () => {
    assert.deepEqual(errors, []);
  });
});
