import type { Page } from 'playwright-core';

/** Every page of the console that is drawn and checked: where it is, when it is ready, and the mock beside it. */
export type PageCase = { name: string; path: string; ready: string; mock?: string; act?(page: Page): Promise<void> };

export const pages: readonly PageCase[] = [
  { name: 'home', path: '/', ready: '.need li', mock: 'home' },
  {
    name: 'runs',
    path: '/runs?ns=team-fraud',
    ready: '.vr .name',
    mock: 'runs',
    act: async page => {
      for (const name of ['fraud-train-8842', 'fraud-train-8841', 'fraud-train-8839'])
        await page.getByLabel(`Select ${name}`, { exact: true }).click();
      await page.locator('.vr', { hasText: 'fraud-train-8842' }).click({ position: { x: 600, y: 16 } });
      await page.locator('.qinput').fill('metric.auc>');
    },
  },
  { name: 'runs-timeline', path: '/runs?ns=team-fraud&view=timeline', ready: '.gr' },
  { name: 'runs-nomatch', path: '/runs?ns=team-fraud&q=status:failed%20started:<1h', ready: '.nomatch .link' },
  { name: 'run', path: '/runs/7f3a91c', ready: '.loop .cell', mock: 'run' },
  { name: 'run-table', path: '/runs/7f3a91c?view=table&tab=inout', ready: '.ttree tr' },
  { name: 'run-events', path: '/runs/7f3a91c?tab=events', ready: '.evs li' },
  { name: 'run-yaml', path: '/runs/7f3a91c?tab=yaml', ready: '.ib2 .code' },
  { name: 'run-log-tab', path: '/runs/7f3a91c?tab=logs', ready: '.lg' },
  { name: 'run-artifacts', path: '/runs/RUN22?node=evaluate&tab=artifacts&artifact=metrics,confusion,roc', ready: '.cmx' },
  { name: 'run-logs', path: '/runs/7f3a91c/logs?find=rss|memory&line=212', ready: '.lg.on', mock: 'run-logs' },
  {
    name: 'why',
    path: '/objects/serving.kserve.io/inferenceservices?why=InferenceService/team-nlp/sentiment-bert',
    ready: '.wc .cause',
    mock: 'why-panel',
  },
  {
    name: 'palette',
    path: '/runs?ns=team-fraud',
    ready: '.vr .name',
    mock: 'palette',
    act: async page => {
      for (const name of ['fraud-train-8842', 'fraud-train-8841', 'fraud-train-8839'])
        await page.getByLabel(`Select ${name}`, { exact: true }).click();
      await page.keyboard.press('Control+k');
      await page.locator('.ptx').fill('fraud');
      await page.locator('[cmdk-item]').nth(4).waitFor();
    },
  },
  {
    name: 'keys',
    path: '/runs/7f3a91c',
    ready: '.loop .cell',
    act: async page => {
      await page.keyboard.press('?');
      await page.locator('.keymap dl').first().waitFor();
    },
  },
  { name: 'pipelines', path: '/pipelines', ready: '.t .name' },
  { name: 'upload', path: '/pipelines?upload=new', ready: '.dropzone' },
  { name: 'pipeline', path: '/pipelines/p-churn-daily', ready: '.nd' },
  { name: 'pipeline-yaml', path: '/pipelines/p-churn-daily?tab=yaml', ready: '.code .kx' },
  { name: 'new-run', path: '/runs/new?pipeline=p-churn-daily', ready: '.pf2' },
  { name: 'experiments', path: '/experiments', ready: '.t .name' },
  { name: 'experiment', path: '/experiments/e-daily-retrain', ready: '.vr .name' },
  { name: 'recurring', path: '/recurring', ready: '.t .name' },
  { name: 'kinds', path: '/objects', ready: '.kinds a' },
  { name: 'objects', path: '/objects/core/pods', ready: '.vr .name' },
  { name: 'object', path: '/objects/serving.kserve.io/inferenceservices/team-nlp/sentiment-bert', ready: '.osum .t' },
  { name: 'object-yaml', path: '/objects/core/pods/team-fraud/churn-daily-7f3a91c-train-11?tab=yaml', ready: '.code .kx' },
];
/** Pages without any data: what a newcomer sees. */
export const emptyPages: readonly PageCase[] = [
  { name: 'empty-home', path: '/', ready: '.empty' },
  { name: 'empty-runs', path: '/runs?ns=team-growth', ready: '.empty' },
  { name: 'not-found', path: '/runs/nope', ready: '.problem' },
];
