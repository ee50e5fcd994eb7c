import assert from 'node:assert/strict';
import { eventually, type Skiff } from './skiff.ts';

const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'boats.harbour.example' },
  spec: {
    group: 'harbour.example',
    scope: 'Namespaced',
    names: { plural: 'boats', singular: 'boat', kind: 'Boat', listKind: 'BoatList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { name: { type: 'string' }, crew: { type: 'integer', default: 2 } } },
            },
          },
        },
      },
    ],
  },
};
const BOAT = { apiVersion: 'harbour.example/v1', kind: 'Boat', metadata: { name: 'skiff' }, spec: { name: 'Skiff' } };
const BOATS = '/k8s/apis/harbour.example/v1/namespaces/default/boats';
const SECRETS = '/k8s/api/v1/namespaces/default/secrets';
const VALUE = Buffer.from('correct horse').toString('base64');
/** Bytes that no text encoding leaves alone. */
const BYTES = Buffer.from([0, 255, 10, 13, 128, 7]);
const PIPELINE = {
  pipelineInfo: { name: 'seed' },
  schemaVersion: '2.1.0',
  sdkVersion: 'test',
  components: {
    'comp-make': {
      executorLabel: 'exec-make',
      outputDefinitions: { artifacts: { bytes: { artifactType: { schemaTitle: 'system.Dataset', schemaVersion: '0.0.1' } } } },
    },
  },
  deploymentSpec: {
    executors: {
      'exec-make': {
        container: {
          image: 'busybox',
          command: ['sh', '-c', 'mkdir -p "$(dirname "$0")"; printf "\\000\\377\\n\\r\\200\\007" > "$0"'],
          args: ["{{$.outputs.artifacts['bytes'].path}}"],
        },
      },
    },
  },
  root: { dag: { tasks: { make: { taskInfo: { name: 'make' }, componentRef: { name: 'comp-make' }, cachingOptions: {} } } } },
};

/** Fills a Skiff with one of each: a Secret, a CRD with an object, a finished run with an artifact. Gives the run's id. */
export async function seed(skiff: Skiff): Promise<string> {
  const post = <T>(path: string, body: unknown) =>
    skiff.json<T>(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  await post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'word' }, data: { word: VALUE } });
  await post('/k8s/apis/apiextensions.k8s.io/v1/customresourcedefinitions', CRD);
  await post(BOATS, BOAT);
  const { run_id } = await post<{ run_id: string }>('/apis/v2beta1/runs', { display_name: 'seed', pipeline_spec: PIPELINE });
  await eventually('the run succeeds', async () => {
    const { state } = await skiff.json<{ state: string }>(`/apis/v2beta1/runs/${run_id}`);
    return state === 'SUCCEEDED';
  });
  return run_id;
}

/** That all that `seed` made reads as it was made. */
export async function assertSeeded(skiff: Skiff, runId?: string): Promise<void> {
  assert.equal((await skiff.json<{ data: { word: string } }>(`${SECRETS}/word`)).data.word, VALUE);
  assert.deepEqual((await skiff.json<{ spec: unknown }>(`${BOATS}/skiff`)).spec, { ...BOAT.spec, crew: 2 });
  const { runs } = await skiff.json<{ runs: { run_id: string; state: string }[] }>('/apis/v2beta1/runs');
  assert.deepEqual(
    runs.map(r => r.state),
    ['SUCCEEDED'],
  );
  if (runId) assert.equal(runs[0]!.run_id, runId);
  const { artifacts } = await skiff.json<{ artifacts: { uri: string }[] }>('/apis/v2beta1/artifacts');
  assert.equal(artifacts.length, 1);
  const [, bucket, key] = /^\w+:\/\/([^/]+)\/(.+)$/.exec(artifacts[0]!.uri)!;
  const response = await skiff.fetch(`/artifacts/get?source=minio&bucket=${bucket}&key=${encodeURIComponent(key!)}`);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), BYTES);
}
