import type { Pki } from './pki.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A kubeconfig for the owner: client certificate, own authority. JSON is YAML too; this is laid out for people. */
export function kubeconfig(server: string, pki: Pki): string {
  return `apiVersion: v1
kind: Config
current-context: skiff
clusters:
- name: skiff
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(pki.ca)}
contexts:
- name: skiff
  context:
    cluster: skiff
    user: skiff
users:
- name: skiff
  user:
    client-certificate-data: ${base64(pki.admin.cert)}
    client-key-data: ${base64(pki.admin.key)}
`;
}
