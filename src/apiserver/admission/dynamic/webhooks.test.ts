import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { type ApiResponse, type Obj, StatusError, type UserInfo } from '../../../kube/index.ts';
import { seededIds, silentLogger, systemClock } from '../../../lib/index.ts';
import { Authority } from '../../auth/pki.ts';
import { type ApiServer, createApiServer } from '../../index.ts';

type Review = {
  apiVersion: string;
  request: {
    uid: string;
    operation: string;
    name: string;
    dryRun: boolean;
    object: Obj | null;
    oldObject: Obj | null;
    userInfo: UserInfo;
  };
};
type Verdict = { allowed?: boolean; status?: object; patch?: object[]; warnings?: string[]; raw?: unknown; silent?: true };

const home = mkdtempSync(join(tmpdir(), 'skiff-webhooks-'));
const user: UserInfo = { username: 'admin', groups: ['system:masters'] };
let api: ApiServer;
let hooks: Server;
let caBundle: string;
let reviews: { path: string; review: Review }[] = [];
let verdict: (path: string, review: Review) => Verdict | Promise<Verdict> = () => ({});
const made: string[] = [];

before(async () => {
  const ids = seededIds(1);
  api = await createApiServer({
    home,
    clock: systemClock,
    ids,
    log: silentLogger,
    admissions: [],
    crds: [],
    bootstrap: [],
    serverNames: [],
  });
  const pki = await new Authority(join(home, 'hooks'), systemClock, ids).open(['127.0.0.1', 'localhost']);
  caBundle = Buffer.from(pki.ca).toString('base64');
  hooks = createServer({ cert: pki.server.cert, key: pki.server.key }, async (request, response) => {
    const review = JSON.parse((await request.toArray()).join('')) as Review;
    const path = new URL(request.url!, 'https://localhost').pathname;
    reviews.push({ path, review });
    const { allowed = true, status, patch, warnings, raw, silent } = await verdict(path, review);
    if (silent) return;
    const patched = patch ? { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') } : {};
    const answer = {
      uid: review.request.uid,
      allowed,
      ...(status ? { status } : {}),
      ...(warnings ? { warnings } : {}),
      ...patched,
    };
    response.end(JSON.stringify(raw ?? { kind: 'AdmissionReview', apiVersion: review.apiVersion, response: answer }));
  });
  await new Promise<void>(resolve => hooks.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  hooks.closeAllConnections();
  hooks.close();
  await api.close();
  rmSync(home, { recursive: true });
});
afterEach(async () => {
  for (const path of made.splice(0)) await send('DELETE', path);
  reviews = [];
  verdict = () => ({});
});

async function send(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  object?: unknown,
  query?: Record<string, string>,
): Promise<ApiResponse> {
  return await api.transport.request({
    method,
    path,
    user,
    ...(object ? { object } : {}),
    ...(query ? { query: new URLSearchParams(query) } : {}),
  } as never);
}
function checked(response: ApiResponse): Obj {
  if (response.code >= 400) throw new StatusError(response.object as never);
  return response.object as Obj;
}
const MAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: object = {}, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});
const rule = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };

async function configure(phase: 'mutating' | 'validating', webhooks: Record<string, unknown>[]): Promise<void> {
  const path = `/apis/admissionregistration.k8s.io/v1/${phase}webhookconfigurations`;
  const kind = phase === 'mutating' ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration';
  const { port } = hooks.address() as AddressInfo;
  const full = webhooks.map(({ path: at, ...more }) => ({
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    rules: [rule],
    clientConfig: { url: `https://127.0.0.1:${port}/${at}`, caBundle },
    name: `${at}.example.com`,
    ...more,
  }));
  checked(
    await send('POST', path, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      metadata: { name: 'hooks' },
      webhooks: full,
    }),
  );
  made.push(`${path}/hooks`);
}

test('mutating webhooks patch in order, validating ones see the result', async () => {
  await configure('mutating', [{ path: 'first' }, { path: 'second' }]);
  await configure('validating', [{ path: 'judge' }]);
  verdict = path =>
    path === '/judge'
      ? { warnings: ['looks odd'] }
      : { patch: [{ op: 'add', path: `/data/${path.slice(1)}`, value: 'was here' }] };
  const response = await send('POST', MAPS, configMap('patched', { own: '1' }));
  assert.deepEqual((checked(response) as unknown as { data: object }).data, { own: '1', first: 'was here', second: 'was here' });
  const [owner] = checked(response).metadata.managedFields!;
  const owned = (owner as unknown as { fieldsV1: { 'f:data': object } }).fieldsV1['f:data'];
  assert.deepEqual(Object.keys(owned).sort(), ['.', 'f:first', 'f:own', 'f:second']);
  assert.deepEqual(response.headers['warning'], ['299 - "looks odd"']);
  assert.deepEqual(
    reviews.map(r => r.path),
    ['/first', '/second', '/judge'],
  );
  const { request } = reviews[2]!.review;
  assert.deepEqual([request.operation, request.name, request.userInfo.username], ['CREATE', 'patched', 'admin']);
  assert.deepEqual((request.object as unknown as { data: object }).data, { own: '1', first: 'was here', second: 'was here' });
});

test('a refusal has the words and the code of the webhook', async () => {
  await configure('validating', [{ path: 'judge' }]);
  verdict = () => ({ allowed: false, status: { message: 'no blue maps', code: 418 } });
  await assert.rejects(
    send('POST', MAPS, configMap('blue')).then(checked),
    (e: StatusError) => e.code === 418 && e.message === 'admission webhook "judge.example.com" denied the request: no blue maps',
  );
  verdict = () => ({ allowed: false });
  await assert.rejects(
    send('POST', MAPS, configMap('blue')).then(checked),
    (e: StatusError) => e.code === 403 && /denied the request without explanation$/.test(e.message),
  );
  assert.equal((await send('GET', `${MAPS}/blue`)).code, 404);
});

test('deletion is judged without an object', async () => {
  checked(await send('POST', MAPS, configMap('kept')));
  await configure('validating', [{ path: 'judge' }]);
  verdict = () => ({ allowed: false, status: { reason: 'Kept' } });
  await assert.rejects(send('DELETE', `${MAPS}/kept`).then(checked), /denied the request: Kept/);
  const { request } = reviews[0]!.review;
  assert.deepEqual([request.operation, request.object, request.oldObject!.metadata.name], ['DELETE', null, 'kept']);
});

test('selectors and match conditions spare what is not meant', async () => {
  const matchConditions = [{ name: 'big', expression: 'object.data.size() > 1' }];
  await configure('validating', [
    {
      path: 'judge',
      objectSelector: { matchLabels: { judged: 'yes' } },
      matchConditions,
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } },
    },
  ]);
  checked(await send('POST', MAPS, configMap('unlabelled', { a: '1', b: '2' })));
  checked(await send('POST', MAPS, configMap('small', { a: '1' }, { judged: 'yes' })));
  checked(
    await send('POST', MAPS.replace('default', 'kube-public'), configMap('elsewhere', { a: '1', b: '2' }, { judged: 'yes' })),
  );
  assert.equal(reviews.length, 0);
  checked(await send('POST', MAPS, configMap('meant', { a: '1', b: '2' }, { judged: 'yes' })));
  assert.deepEqual(
    reviews.map(r => r.review.request.name),
    ['meant'],
  );
});

test('what fails is refused or ignored as asked', async () => {
  await configure('validating', [{ path: 'judge', timeoutSeconds: 1 }]);
  verdict = () => ({ raw: { kind: 'Nonsense' } });
  await assert.rejects(
    send('POST', MAPS, configMap('f1')).then(checked),
    /^StatusError: Internal error occurred: failed calling webhook "judge.example.com": received invalid webhook response/,
  );
  verdict = () => ({ silent: true });
  await assert.rejects(
    send('POST', MAPS, configMap('f2')).then(checked),
    /failed to call webhook: Post "https:\/\/127.0.0.1:\d+\/judge\?timeout=1s": context deadline exceeded/,
  );
  await send('DELETE', made.pop()!);
  await configure('validating', [{ path: 'judge', failurePolicy: 'Ignore', clientConfig: { url: 'https://127.0.0.1:1/' } }]);
  checked(await send('POST', MAPS, configMap('f3')));
});

test('a dry run is not sent to webhooks with side effects that they do not hold back', async () => {
  await configure('validating', [{ path: 'judge', sideEffects: 'NoneOnDryRun' }]);
  checked(await send('POST', MAPS, configMap('dry'), { dryRun: 'All' }));
  assert.equal(reviews[0]!.review.request.dryRun, true);
  assert.equal((await send('GET', `${MAPS}/dry`)).code, 404);
});

test('a webhook that wants to is asked again when a later one changed the object', async () => {
  await configure('mutating', [{ path: 'early', reinvocationPolicy: 'IfNeeded' }, { path: 'late' }]);
  verdict = path => (path === '/late' ? { patch: [{ op: 'add', path: '/data/late', value: '1' }] } : {});
  checked(await send('POST', MAPS, configMap('again', { a: '1' })));
  assert.deepEqual(
    reviews.map(r => r.path),
    ['/early', '/late', '/early'],
  );
});

test('a write that another one overtook is judged on the new state', async () => {
  const first = checked(await send('POST', MAPS, configMap('raced', { n: '0' })));
  await configure('validating', [{ path: 'judge' }]);
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
  const { promise: gate, resolve: open } = Promise.withResolvers<Verdict>();
  verdict = () => {
    verdict = () => ({});
    isAsked();
    return gate;
  };
  const slow = send('PUT', `${MAPS}/raced`, configMap('raced', { n: '1' }));
  await asked;
  checked(await send('PUT', `${MAPS}/raced`, { ...first, data: { n: '2' } }));
  open({});
  assert.deepEqual((checked(await slow) as unknown as { data: object }).data, { n: '1' });
  const before = reviews.map(r => (r.review.request.oldObject as unknown as { data: { n: string } }).data.n);
  assert.deepEqual(before, ['0', '0', '2']);
});
