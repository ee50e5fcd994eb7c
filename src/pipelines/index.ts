import type { Module } from '../kube/index.ts';
import { metadataTables } from '../metadata/index.ts';
import { nodeTables } from './api/node.ts';
import { pipelineCrd, pipelineVersionCrd } from './api/pipeline.ts';
import { runCrd } from './api/run.ts';
import { pipelineBootstrap } from './bootstrap.ts';
import { runController } from './controller/run.ts';
import { runLogOf, runPerformers } from './effects/index.ts';
import { httpBootstrap, httpTables, listProjection, routes } from './http/index.ts';
import { whyRun } from './why.ts';

/** Kubeflow Pipelines: Run, Pipeline and PipelineVersion, the engine that runs them, and the REST API. */
export const pipelines: Module = {
  name: 'pipelines',
  crds: [runCrd, pipelineCrd, pipelineVersionCrd],
  controllers: [runController],
  sources: env => [runLogOf(env), listProjection(env)],
  performers: runPerformers,
  routes,
  bootstrap: [
    ...httpBootstrap,
    ...pipelineBootstrap.filter(o => !httpBootstrap.some(h => h.kind === o.kind && h.metadata.name === o.metadata.name)),
  ],
  tables: [...metadataTables, ...nodeTables, ...httpTables],
  why: whyRun,
};
