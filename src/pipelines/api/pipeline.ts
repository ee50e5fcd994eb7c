import type { Gvk, Obj } from '../../kube/types.ts';

/** Upstream's group of the Kubernetes-native pipeline store; ids of the REST API are the objects' uids. */
export const PIPELINES_GROUP = 'pipelines.kubeflow.org';
export const PIPELINE_API_VERSION = `${PIPELINES_GROUP}/v2beta1`;
export const PIPELINE_GVK: Gvk = 'pipelines.kubeflow.org/v2beta1/Pipeline';
export const PIPELINE_VERSION_GVK: Gvk = 'pipelines.kubeflow.org/v2beta1/PipelineVersion';

export type Pipeline = Obj<PipelineObjectSpec>;
export type PipelineObjectSpec = { displayName?: string; description?: string; tags?: Record<string, string> };

export type PipelineVersion = Obj<PipelineVersionSpec, PipelineVersionStatus>;
export type PipelineVersionSpec = {
  displayName?: string;
  description?: string;
  /** The Pipeline it belongs to; an owner reference says the same. */
  pipelineName?: string;
  pipelineSpec: unknown;
  platformSpec?: unknown;
  pipelineSpecURI?: string;
  codeSourceURL?: string;
  versionName?: string;
  tags?: Record<string, string>;
};
export type PipelineVersionStatus = {
  conditions?: { type: string; status: 'True' | 'False' | 'Unknown'; reason: string; message: string }[];
};

const text = { type: 'string' };
const tags = { type: 'object', additionalProperties: text };
const anything = { 'x-kubernetes-preserve-unknown-fields': true };

function crd(kind: string, plural: string, version: object): Obj {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${PIPELINES_GROUP}` },
    spec: {
      group: PIPELINES_GROUP,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: 'v2beta1', served: true, storage: true, ...version }],
    },
  };
}

/** CustomResourceDefinition of Pipeline. @source pipelines manifests/kustomize/base/crds@7b70c7b95f68 */
export const pipelineCrd: Obj = crd('Pipeline', 'pipelines', {
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { description: text, displayName: text, tags } } },
    },
  },
});

/** CustomResourceDefinition of PipelineVersion. @source pipelines manifests/kustomize/base/crds@7b70c7b95f68 */
export const pipelineVersionCrd: Obj = crd('PipelineVersion', 'pipelineversions', {
  subresources: { status: {} },
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          required: ['pipelineSpec'],
          properties: {
            codeSourceURL: text,
            description: text,
            displayName: text,
            pipelineName: text,
            pipelineSpec: anything,
            pipelineSpecURI: text,
            platformSpec: anything,
            tags,
            versionName: { type: 'string', maxLength: 253, pattern: '^[a-z0-9]([a-z0-9\\.\\-]*[a-z0-9])?$' },
          },
        },
        status: {
          type: 'object',
          properties: {
            conditions: {
              type: 'array',
              items: {
                type: 'object',
                required: ['message', 'reason', 'status', 'type'],
                properties: {
                  message: { type: 'string', maxLength: 32768 },
                  reason: text,
                  status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
                  type: { type: 'string', maxLength: 316 },
                },
              },
            },
          },
        },
      },
    },
  },
});
