import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { type ApiResponse, type Frozen, type Status, StatusError, type UserInfo } from '../../../kube/index.ts';
import { seededIds, silentLogger, systemClock } from '../../../lib/index.ts';
import { type ApiServer, createApiServer } from '../../index.ts';

const home = mkdtempSync(join(tmpdir(), 'skiff-policies-'));
const admin: UserInfo = { username: 'admin', groups: ['system:masters'] };
let api: ApiServer;
before(async () => {
  const options = { home, clock: systemClock, ids: seededIds(1), log: silentLogger };
  api = await createApiServer({ ...options, admissions: [], crds: [], bootstrap: [], serverNames: [] });
});
after(async () => {
  await api.close();
  rmSync(home, { recursive: true });
});

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';
async function send(method: 'POST' | 'DELETE' | 'PUT', path: string, object?: unknown): Promise<ApiResponse> {
  const response = await api.transport.request({ method, path, user: admin, ...(object ? { object } : {}) } as never);
  if (response.code >= 400) throw new StatusError(response.object as Frozen<Status>);
  return response;
}
const configMap = (name: string, data: Record<string, string>, labels = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data: { some: 'thing', ...data },
});
const rules = [{ operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }];
const policy = (spec: object) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'p' },
  spec: { matchConstraints: { resourceRules: rules }, ...spec },
});
async function enforce(spec: object, binding: object = {}): Promise<void> {
  await send('POST', `${GROUP}/validatingadmissionpolicies`, policy(spec));
  await send('POST', `${GROUP}/validatingadmissionpolicybindings`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'b' },
    spec: { policyName: 'p', validationActions: ['Deny'], ...binding },
  });
}
afterEach(async () => {
  await send('DELETE', `${GROUP}/validatingadmissionpolicybindings/b`).catch(() => undefined);
  await send('DELETE', `${GROUP}/validatingadmissionpolicies/p`).catch(() => undefined);
});
const create = (name: string, data: Record<string, string> = {}, labels = {}) =>
  send('POST', MAPS, configMap(name, data, labels));
const denial = (reason: string, code: number, text: string) => (e: StatusError) => {
  assert.deepEqual([e.reason, e.code, e.message], [reason, code, text]);
  return true;
};
const PREFIX = "configmaps \"n\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ";

test('an expression that is false denies, in its words', async () => {
  await enforce({ validations: [{ expression: "!('secret' in object.data)" }] });
  await create('fine');
  await assert.rejects(
    create('n', { secret: '1' }),
    denial('Invalid', 422, `${PREFIX}failed expression: !('secret' in object.data)`),
  );
  await send('DELETE', `${GROUP}/validatingadmissionpolicybindings/b`);
  await create('n', { secret: '1' });
  await send('DELETE', `${MAPS}/n`);
});

test('variables, messageExpression and reason', async () => {
  await enforce({
    variables: [
      { name: 'count', expression: 'size(object.data)' },
      { name: 'tooMany', expression: 'variables.count > 2' },
    ],
    validations: [
      { expression: '!variables.tooMany', messageExpression: "'%d keys'.format([variables.count])", reason: 'Forbidden' },
    ],
    matchConditions: [{ name: 'created', expression: "request.operation == 'CREATE' && request.userInfo.username == 'admin'" }],
  });
  await create('two', { b: '2' });
  await assert.rejects(create('n', { b: '2', c: '3' }), denial('Forbidden', 403, `${PREFIX}3 keys`));
});

test('parameters come from an object of their own', async () => {
  await create('limits', { max: '1' });
  const validations = [{ expression: 'size(object.data) <= int(params.data.max)', message: 'too large' }];
  const paramRef = { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' };
  await enforce({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations }, { paramRef });
  await create('small');
  await assert.rejects(create('n', { b: '2' }), denial('Invalid', 422, `${PREFIX}too large`));
  await send('DELETE', `${GROUP}/validatingadmissionpolicybindings/b`);
  await send('DELETE', `${GROUP}/validatingadmissionpolicies/p`);
  await enforce(
    { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations },
    { paramRef: { ...paramRef, name: 'absent' } },
  );
  await assert.rejects(create('n'), /no params found for policy binding with `Deny` parameterNotFoundAction/);
});

test('what fails is denied, or passes when failures are ignored', async () => {
  const validations = [{ expression: "object.data.absent == 'x'" }];
  await enforce({ validations });
  await assert.rejects(
    create('n'),
    denial('Invalid', 422, `${PREFIX}expression 'object.data.absent == 'x'' resulted in error: no such key: absent`),
  );
  await send('DELETE', `${GROUP}/validatingadmissionpolicybindings/b`);
  await send('DELETE', `${GROUP}/validatingadmissionpolicies/p`);
  await enforce({ validations, failurePolicy: 'Ignore' });
  await create('ignored');
});

test('warnings, narrower bindings, deletes and the authorizer', async () => {
  const validations = [
    { expression: "request.operation != 'DELETE' || oldObject.metadata.name != 'eternal'", message: 'never' },
    { expression: "authorizer.group('').resource('pods').namespace('default').check('get').allowed()", message: 'no pods' },
    {
      expression: "!authorizer.serviceAccount('default', 'default').group('').resource('pods').check('get').allowed()",
      message: 'pods',
    },
    { expression: "namespaceObject.metadata.name == 'default'", message: 'elsewhere' },
  ];
  await create('eternal', {}, { kept: 'yes' });
  await create('mortal');
  await enforce(
    { validations },
    { validationActions: ['Warn'], matchResources: { objectSelector: { matchLabels: { kept: 'yes' } } } },
  );
  const response = await send('DELETE', `${MAPS}/eternal`);
  assert.deepEqual(response.headers['warning'], [
    `299 - "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': never"`,
  ]);
  assert.equal((await send('DELETE', `${MAPS}/mortal`)).headers['warning'], undefined);
});

test('a policy that does not compile is refused', async () => {
  await assert.rejects(
    send('POST', `${GROUP}/validatingadmissionpolicies`, policy({ validations: [{ expression: 'object.x + ' }] })),
    /spec.validations\[0\].expression: Invalid value: "object.x \+ ": compilation failed: ERROR: <input>:1:\d+: Syntax error/,
  );
  await assert.rejects(
    send('POST', `${GROUP}/validatingadmissionpolicies`, policy({ validations: [{ expression: '1 + 1' }] })),
    /spec.validations\[0\].expression: Invalid value: "1 \+ 1": must evaluate to a bool/,
  );
});
