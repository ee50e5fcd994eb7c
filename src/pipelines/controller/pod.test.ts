import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../graph/graph.ts';
import { component, dag, pipeline, task } from '../testing/pipeline.ts';
import { World } from '../testing/world.ts';
import { startOf } from './commands.ts';
import { podName, stepPod } from './pod.ts';
import type { StepPod } from './pod-parts.ts';

type Config = { [key: string]: Json };
const model = { artifactType: { schemaTitle: 'system.Model', schemaVersion: '0.0.1' } };

/** The Pod of a task `use` that takes a text and a model and gives both. */
function podOf(
  config?: Config,
  words: string[] = ['run', '{{$}}'],
  parameters: Record<string, Json> = {},
): { pod: StepPod; world: World } {
  const make = component();
  make.outputDefinitions = { artifacts: { model } };
  const use = component({ text: 'STRING', more: 'STRING' }, { out: 'STRING' }, { more: undefined });
  use.inputDefinitions!.artifacts = { model };
  use.outputDefinitions!.artifacts = { better: model };
  use.executorLabel = 'exec-use';
  const useTask = task('use', { text: '^text' });
  useTask.inputs!.artifacts = { model: { taskOutputArtifact: { producerTask: 'make', outputArtifactKey: 'model' } } };
  const root = dag({ make: task('make'), use: useTask });
  root.inputDefinitions = {
    parameters: { text: { parameterType: 'STRING' }, name: { parameterType: 'STRING', isOptional: true } },
  };
  const spec = pipeline(root, { make, use });
  spec.deploymentSpec!.executors!['exec-use'] = {
    container: {
      image: 'python:3.11',
      command: words,
      env: [{ name: 'MINE', value: 'yes' }],
      resources: { resourceCpuLimit: '2', resourceMemoryRequest: "{{$.inputs.parameters['more']}}" },
    },
  };
  const platform = config ? { platforms: { kubernetes: { deploymentSpec: { executors: { 'exec-use': config } } } } } : undefined;
  const world = World.ofIr(spec, platform, { parameters: { text: 'hello', ...parameters } });
  world.turn();
  world.endPod([...world.pods.values()][0]!);
  world.turn();
  world.turn();
  return { pod: stepPod(world.state, world.node('use'), 0), world };
}
const main = (pod: StepPod) => pod.spec!.containers[0];
const env = (pod: StepPod) => Object.fromEntries(main(pod).env.map(e => [e.name, e.value ?? e.valueFrom]));

test('a step is told its inputs and outputs, and where they are', () => {
  const { pod, world } = podOf();
  const input = JSON.parse(main(pod).command![1]!);
  assert.equal(input.inputs.parameterValues.text, 'hello');
  assert.equal(input.inputs.artifacts.model.artifacts[0].uri, 'minio://mlpipeline/v2/artifacts/make/model');
  assert.equal(input.outputs.parameters.out.outputFile, '/tmp/kfp/outputs/out');
  const { uri } = input.outputs.artifacts.better.artifacts[0];
  assert.match(uri, new RegExp(`^minio://mlpipeline/v2/artifacts/test/${world.state.run.uid}/use/[0-9a-f-]{36}/better$`));
  assert.equal(input.outputs.outputFile, `${uri.replace('minio://', '/minio/').replace(/better$/, '')}output_metadata.json`);
});
test('a Pod belongs to its run and waits for its outcome', () => {
  const { pod, world } = podOf();
  assert.equal(pod.metadata.name, podName(world.state, world.node('use'), 0));
  assert.ok(pod.metadata.name.length <= 63);
  assert.equal(pod.metadata.labels!['pipeline/runid'], world.state.run.uid);
  assert.equal(pod.metadata.labels!['pipelines.kubeflow.org/v2_component'], 'true');
  assert.deepEqual(pod.metadata.finalizers, ['pipelines.skiff.dev/outcome']);
  assert.equal(pod.metadata.ownerReferences![0]!.uid, world.state.run.uid);
  assert.equal(pod.metadata.annotations!['pipelines.kubeflow.org/run_name'], 'test');
});
test('the environment has the names of the contract after those of the user', () => {
  const given = env(podOf().pod);
  assert.equal(given['MINE'], 'yes');
  assert.equal(given['KFP_RETRY_INDEX'], '0');
  assert.deepEqual(given['KFP_POD_NAME'], { fieldRef: { fieldPath: 'metadata.name' } });
  assert.equal(given['METADATA_GRPC_SERVICE_PORT'], '8080');
});
test('an amount whose input has no value is left out', () => {
  assert.deepEqual(main(podOf().pod).resources, { limits: { cpu: '2' } });
});
test('placeholders in words are filled in; structures become words or none', () => {
  const words = [
    "--text={{$.inputs.parameters['text']}}",
    "{{$.inputs.artifacts['model'].path}}",
    "{{$.outputs.parameters['out'].output_file}}",
    '{"Concat": ["<", "{{$.inputs.parameters[\'text\']}}", ">"]}',
    '{"IfPresent": {"InputName": "more", "Then": ["--more", "x"], "Else": ["--less"]}}',
    '{"IfPresent": {"InputName": "more", "Then": ["--more", "x"]}}',
    "{{$.inputs.parameters['unknown']}}",
  ];
  assert.deepEqual(main(podOf(undefined, words).pod).command, [
    '--text=hello',
    '/minio/mlpipeline/v2/artifacts/make/model',
    '/tmp/kfp/outputs/out',
    '<hello>',
    '--less',
    "{{$.inputs.parameters['unknown']}}",
  ]);
});
test('the stage has the folders of outputs, and copies of inputs, before the Pod starts', () => {
  const { world } = podOf();
  const { stage, pod } = startOf(world.state, world.node('use'), 0);
  assert.deepEqual(stage.copies, [
    { bucket: 'mlpipeline', key: 'v2/artifacts/make/model', to: 'minio/mlpipeline/v2/artifacts/make/model' },
  ]);
  assert.ok(stage.folders.includes('tmp-kfp/outputs'));
  assert.ok(stage.folders.some(f => f.startsWith('minio/mlpipeline/v2/artifacts/test/')));
  assert.deepEqual(
    main(pod).volumeMounts.map(m => [m.mountPath, m.subPath]),
    [
      ['/minio', 'minio'],
      ['/tmp/kfp', 'tmp-kfp'],
    ],
  );
});

test('Kubernetes settings of the second document are on the Pod', () => {
  const { pod } = podOf(
    {
      secretAsEnv: [
        {
          keyToEnv: [{ secretKey: 'k', envVar: 'SECRET' }],
          secretNameParameter: { componentInputParameter: 'name' },
          optional: false,
        },
      ],
      configMapAsEnv: [
        {
          configMapName: 'old',
          configMapNameParameter: { runtimeValue: { constant: 'cm' } },
          keyToEnv: [{ configMapKey: 'k', envVar: 'CM' }],
        },
      ],
      secretAsVolume: [{ secretName: 'files', mountPath: '/secret', optional: true }],
      fieldPathAsEnv: [{ name: 'IP', fieldPath: 'status.podIP' }],
      pvcMount: [{ mountPath: '/data', constant: 'claim', subPath: 'sub' }],
      emptyDirMounts: [{ volumeName: 'scratch', mountPath: '/scratch', medium: 'Memory', sizeLimit: '1Gi' }],
      enabledSharedMemory: { size: '2Gi' },
      nodeSelector: { labels: { disk: 'ssd' } },
      tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: '10' }],
      nodeAffinity: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['x'] }], weight: 50 }],
      podMetadata: { labels: { mine: 'l' }, annotations: { mine: 'a' } },
      imagePullSecret: [{ secretNameParameter: { runtimeValue: { constant: 'pull' } } }],
      imagePullPolicy: 'Never',
      activeDeadlineSeconds: '30',
      securityContext: { runAsUser: '65534' },
    },
    undefined,
    { name: 'chosen' },
  );
  const spec = pod.spec!;
  assert.deepEqual(env(pod)['SECRET'], { secretKeyRef: { name: 'chosen', key: 'k', optional: false } });
  assert.deepEqual(env(pod)['CM'], { configMapKeyRef: { name: 'cm', key: 'k' } });
  assert.deepEqual(env(pod)['IP'], { fieldRef: { fieldPath: 'status.podIP' } });
  const volumes = Object.fromEntries(spec.volumes.map(({ name, ...source }) => [name, source]));
  assert.deepEqual(volumes['files'], { secret: { secretName: 'files', optional: true } });
  assert.deepEqual(volumes['claim'], { persistentVolumeClaim: { claimName: 'claim' } });
  assert.deepEqual(volumes['scratch'], { emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } });
  assert.deepEqual(volumes['shm'], { emptyDir: { medium: 'Memory', sizeLimit: '2Gi' } });
  const mounts = Object.fromEntries(main(pod).volumeMounts.map(m => [m.mountPath, m]));
  assert.deepEqual(mounts['/data'], { name: 'claim', mountPath: '/data', subPath: 'sub' });
  assert.equal(mounts['/dev/shm']!.name, 'shm');
  assert.deepEqual(spec.nodeSelector, { disk: 'ssd' });
  assert.deepEqual(spec.tolerations, [{ key: 'a', operator: 'Exists', tolerationSeconds: 10 }]);
  assert.deepEqual(spec.affinity!['nodeAffinity']!['preferredDuringSchedulingIgnoredDuringExecution'], [
    { weight: 50, preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['x'] }] } },
  ]);
  assert.equal(pod.metadata.labels!['mine'], 'l');
  assert.equal(pod.metadata.annotations!['mine'], 'a');
  assert.deepEqual(spec.imagePullSecrets, [{ name: 'pull' }]);
  assert.equal(main(pod).imagePullPolicy, 'Never');
  assert.equal(spec.activeDeadlineSeconds, 30);
  assert.deepEqual(main(pod).securityContext, { runAsUser: 65534 });
});
test('a setting whose optional input has no value is left out', () => {
  const { pod } = podOf({
    secretAsEnv: [{ keyToEnv: [{ secretKey: 'k', envVar: 'SECRET' }], secretNameParameter: { componentInputParameter: 'name' } }],
    tolerations: [{ tolerationJson: { componentInputParameter: 'name' } }],
  });
  assert.ok(!('SECRET' in env(pod)));
  assert.equal(pod.spec!.tolerations, undefined);
});
