import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionRequest, Frozen, Obj } from '../../kube/index.ts';
import { podSecurity } from './pod-security.ts';
import { violations } from './pod-standards.ts';

const plain = { containers: [{ name: 'c' }] };
const safe = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
const restricted = { containers: [{ name: 'c', securityContext: safe }], volumes: [{ name: 'v', emptyDir: {} }] };
const baseline = (spec: object) => violations('baseline', { spec });

test('an ordinary Pod is baseline; a careful one is restricted', () => {
  assert.deepEqual(baseline(plain), []);
  assert.deepEqual(violations('restricted', { spec: restricted }), []);
  assert.deepEqual(violations('restricted', { spec: plain }), [
    'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)',
    'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])',
    'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
    'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ]);
});

const container = (securityContext: object, more: object = {}) => ({ containers: [{ name: 'c', securityContext, ...more }] });
const cases: [object, string][] = [
  [{ ...plain, hostNetwork: true, hostPID: true }, 'host namespaces (hostNetwork=true, hostPID=true)'],
  [container({ privileged: true }), 'privileged (container "c" must not set securityContext.privileged=true)'],
  [
    container({ capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } }),
    'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
  ],
  [
    {
      ...plain,
      volumes: [
        { name: 'a', hostPath: {} },
        { name: 'b', hostPath: {} },
      ],
    },
    'hostPath volumes (volumes "a", "b")',
  ],
  [container({}, { ports: [{ hostPort: 80 }] }), 'hostPort (container "c" uses hostPort 80)'],
  [container({ procMount: 'Unmasked' }), 'procMount (container "c" must not set securityContext.procMount to "Unmasked")'],
  [{ ...plain, securityContext: { sysctls: [{ name: 'kernel.msgmax' }] } }, 'forbidden sysctls (kernel.msgmax)'],
  [
    container({ seccompProfile: { type: 'Unconfined' } }),
    'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
];
for (const [spec, text] of cases) test(`baseline knows ${text.split(' (')[0]}`, () => assert.deepEqual(baseline(spec), [text]));

test('restricted knows volume types and root', () => {
  const spec = { ...restricted, volumes: [{ name: 'n', nfs: {} }], securityContext: { runAsUser: 0 } };
  assert.deepEqual(violations('restricted', { spec }), [
    'restricted volume types (volume "n" uses restricted volume type "nfs")',
    'runAsUser=0 (pod must not set runAsUser=0)',
  ]);
});

test('a namespace enforces on Pods and warns of templates', () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn': 'restricted' };
  const find = (() => [{ metadata: { name: 'n', labels } }]) as never;
  const request = (gvk: AdmissionRequest['gvk'], spec: object): AdmissionRequest => ({
    operation: 'CREATE',
    gvk,
    namespace: 'n',
    name: 'x',
    object: { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, spec } as unknown as Frozen<Obj>,
    user: { username: 'u', groups: [] },
    dryRun: false,
  });
  assert.throws(
    () => podSecurity.validate!(request('v1/Pod', container({ privileged: true })), find, []),
    /^StatusError: pods "x" is forbidden: violates PodSecurity "baseline:latest": privileged \(container "c" must not set securityContext.privileged=true\)$/,
  );
  const warnings: string[] = [];
  podSecurity.validate!(
    request('apps/v1/Deployment', { template: { spec: container({ ...safe, runAsNonRoot: false }) } }),
    find,
    warnings,
  );
  assert.deepEqual(warnings, [
    'would violate PodSecurity "restricted:latest": runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
  ]);
});
