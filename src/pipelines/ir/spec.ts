import type { ArtifactType, Json, ParameterType } from '../graph/graph.ts';

/** PipelineSpec IR 2.1.0 in its JSON form (camelCase), as far as it is used. @source pipelines api/v2alpha1/pipeline_spec.proto@7b70c7b95f68 */
export type PipelineSpec = {
  pipelineInfo: { name: string; displayName?: string; description?: string };
  schemaVersion: string;
  sdkVersion?: string;
  components?: Record<string, ComponentSpec>;
  deploymentSpec?: { executors?: Record<string, ExecutorSpec> };
  root: ComponentSpec;
  defaultPipelineRoot?: string;
};
export type ComponentSpec = {
  inputDefinitions?: { parameters?: Record<string, InputParameterDef>; artifacts?: Record<string, InputArtifactDef> };
  outputDefinitions?: { parameters?: Record<string, OutputParameterDef>; artifacts?: Record<string, OutputArtifactDef> };
  dag?: DagSpec;
  executorLabel?: string;
};
type LegacyType = 'INT' | 'DOUBLE' | 'STRING';
export type InputParameterDef = {
  parameterType?: ParameterType;
  type?: LegacyType;
  defaultValue?: Json;
  isOptional?: boolean;
  description?: string;
  literals?: Json[];
};
export type InputArtifactDef = { artifactType?: ArtifactType; isArtifactList?: boolean; isOptional?: boolean };
export type OutputParameterDef = { parameterType?: ParameterType; type?: LegacyType };
export type OutputArtifactDef = { artifactType?: ArtifactType; metadata?: { [key: string]: Json }; isArtifactList?: boolean };
export type DagSpec = {
  tasks?: Record<string, TaskSpec>;
  outputs?: {
    parameters?: Record<
      string,
      { valueFromParameter?: ParameterSelector; valueFromOneof?: { parameterSelectors?: ParameterSelector[] } }
    >;
    artifacts?: Record<string, { artifactSelectors?: ArtifactSelector[] }>;
  };
};
export type ParameterSelector = { producerSubtask: string; outputParameterKey: string };
export type ArtifactSelector = { producerSubtask: string; outputArtifactKey: string };
export type TaskSpec = {
  taskInfo?: { name?: string };
  componentRef: { name: string };
  inputs?: { parameters?: Record<string, InputParameterSpec>; artifacts?: Record<string, InputArtifactSpec> };
  dependentTasks?: string[];
  cachingOptions?: { enableCache?: boolean; cacheKey?: string };
  triggerPolicy?: { condition?: string; strategy?: string };
  parameterIterator?: { items: { raw?: string; inputParameter?: string }; itemInput: string };
  artifactIterator?: { items: { inputArtifact: string }; itemInput: string };
  iteratorPolicy?: { parallelismLimit?: number };
  retryPolicy?: { maxRetryCount?: number; backoffDuration?: string; backoffFactor?: number; backoffMaxDuration?: string };
};
export type InputParameterSpec = {
  taskOutputParameter?: { producerTask: string; outputParameterKey: string };
  runtimeValue?: RuntimeValue;
  componentInputParameter?: string;
  taskFinalStatus?: { producerTask: string };
  parameterExpressionSelector?: string;
};
export type RuntimeValue = {
  constant?: Json;
  constantValue?: { intValue?: string | number; doubleValue?: number; stringValue?: string };
  runtimeParameter?: string;
};
export type InputArtifactSpec = {
  taskOutputArtifact?: { producerTask: string; outputArtifactKey: string };
  componentInputArtifact?: string;
};
export type ExecutorSpec = {
  container?: ContainerSpec;
  importer?: ImporterSpec;
  resolver?: unknown;
  customJob?: unknown;
};
export type ContainerSpec = {
  image: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
  resources?: {
    cpuLimit?: number;
    cpuRequest?: number;
    memoryLimit?: number;
    memoryRequest?: number;
    resourceCpuLimit?: string;
    resourceCpuRequest?: string;
    resourceMemoryLimit?: string;
    resourceMemoryRequest?: string;
    accelerator?: { type?: string; count?: string | number; resourceType?: string; resourceCount?: string };
  };
};
export type ImporterSpec = {
  artifactUri?: RuntimeValue;
  typeSchema?: ArtifactType;
  metadata?: { [key: string]: Json };
  reimport?: boolean;
  downloadToWorkspace?: boolean;
};

/** The second document. @source pipelines kubernetes_platform/proto/kubernetes_executor_config.proto@7b70c7b95f68 */
export type PlatformSpec = { platforms?: { kubernetes?: KubernetesPlatform } };
export type KubernetesPlatform = {
  deploymentSpec?: { executors?: Record<string, { [key: string]: Json }> };
  pipelineConfig?: {
    workspace?: { size?: string; kubernetes?: { pvcSpecPatch?: { [key: string]: Json } } };
    activeDeadlineSeconds?: number;
    resourceTtlOnCompletion?: number;
  };
};
