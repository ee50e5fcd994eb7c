import type { Frozen, Obj, OwnerReference } from '../../kube/index.ts';
import { deepFreeze } from '../../kube/index.ts';
import type { Change } from './hub.ts';
import { type Operation, Revision, withRevision } from './revision.ts';
import type { Statements } from './statements.ts';
import type { StoredResource } from './store.ts';
import type { Vault } from './vault.ts';

const OPS: Record<Operation, number> = { ADDED: 1, MODIFIED: 2, DELETED: 3 };

/** What a transaction needs of its store. */
export type TransactionHost = {
  statements: Statements;
  vault: Vault;
  nowMs: number;
  /** The next revision; taken back when the savepoint is rolled back. */
  nextRv(): number;
  get(resource: StoredResource, key: string): Revision | undefined;
  dataKey(object: number): Uint8Array | undefined;
};

/** The writes of one request: all of them or none. Synchronous; what it reads nobody changes meanwhile. */
export class Transaction {
  readonly #host: TransactionHost;
  readonly changes: Change[] = [];
  constructor(host: TransactionHost) {
    this.#host = host;
  }

  get(resource: StoredResource, key: string): Revision | undefined {
    return this.#host.get(resource, key);
  }

  insert(resource: StoredResource, key: string, object: Obj, actor?: string): Revision {
    const { statements, vault } = this.#host;
    const rv = this.#host.nextRv();
    const { id } = statements.run(
      'INSERT INTO object(res, key, uid, rv) VALUES(?,?,?,?)',
      resource.id,
      key,
      object.metadata.uid!,
      rv,
    );
    let body: ((plain: Uint8Array) => Uint8Array) | undefined;
    if (resource.encrypted) {
      const { key: dataKey, wrapped } = vault.newKey();
      statements.run('INSERT INTO data_key(object, wrapped) VALUES(?,?)', id, wrapped);
      body = plain => vault.seal(dataKey, plain);
    }
    const revision = this.#log(resource, key, id, rv, 'ADDED', undefined, object, actor, body);
    this.#index(resource, id, undefined, revision.object);
    return revision;
  }

  update(resource: StoredResource, previous: Revision, object: Obj, actor?: string): Revision {
    const { statements, vault } = this.#host;
    const { id } = statements.head(resource.id, previous.key)!;
    const rv = this.#host.nextRv();
    const dataKey = resource.encrypted ? this.#host.dataKey(id) : undefined;
    const revision = this.#log(
      resource,
      previous.key,
      id,
      rv,
      'MODIFIED',
      previous,
      object,
      actor,
      dataKey && (plain => vault.seal(dataKey, plain)),
    );
    statements.run('UPDATE object SET rv = ? WHERE id = ?', rv, id);
    this.#index(resource, id, previous.object, revision.object);
    return revision;
  }

  /** The last state goes into the log under a revision of its own; of a secret only its metadata, and its key is destroyed. */
  remove(resource: StoredResource, previous: Revision, last: Obj | Frozen<Obj> = previous.object, actor?: string): Revision {
    const { statements } = this.#host;
    const { id } = statements.head(resource.id, previous.key)!;
    const rv = this.#host.nextRv();
    const { apiVersion, kind, metadata } = last;
    const onDisk = resource.encrypted
      ? () => Buffer.from(JSON.stringify(withRevision({ apiVersion, kind, metadata }, rv)))
      : undefined;
    const revision = this.#log(resource, previous.key, id, rv, 'DELETED', previous, last, actor, onDisk);
    statements.run('DELETE FROM object WHERE id = ?', id);
    if (resource.encrypted) statements.run('DELETE FROM data_key WHERE object = ?', id);
    this.#index(resource, id, previous.object, undefined);
    return revision;
  }

  #log(
    resource: StoredResource,
    key: string,
    id: number,
    rv: number,
    operation: Operation,
    previous: Revision | undefined,
    object: Obj | Frozen<Obj>,
    actor: string | undefined,
    seal: ((plain: Uint8Array) => Uint8Array) | undefined,
  ): Revision {
    const { statements, nowMs } = this.#host;
    const revision = new Revision(rv, key, { object: deepFreeze(withRevision(object, rv)) });
    statements.run(
      'INSERT INTO version(rv, object, res, key, op, prev, next, at, actor, body) VALUES(?,?,?,?,?,?,NULL,?,?,?)',
      rv,
      id,
      resource.id,
      key,
      OPS[operation],
      previous?.rv ?? null,
      nowMs,
      actor ?? null,
      seal ? seal(revision.bytes) : revision.bytes,
    );
    if (previous) statements.run('UPDATE version SET next = ? WHERE rv = ?', rv, previous.rv);
    this.changes.push({ rv, resource: resource.id, operation, revision, previous });
    return revision;
  }

  #index(resource: StoredResource, id: number, old: Frozen<Obj> | undefined, now: Frozen<Obj> | undefined): void {
    const { statements } = this.#host;
    this.#pairs('label', resource, id, old?.metadata.labels ?? {}, now?.metadata.labels ?? {});
    this.#pairs('field', resource, id, old ? resource.fields(old) : {}, now ? resource.fields(now) : {});
    const before = uids(old?.metadata.ownerReferences);
    const after = uids(now?.metadata.ownerReferences);
    for (const uid of before) if (!after.has(uid)) statements.run('DELETE FROM owner WHERE uid = ? AND object = ?', uid, id);
    for (const uid of after) if (!before.has(uid)) statements.run('INSERT INTO owner(uid, object) VALUES(?,?)', uid, id);
  }

  #pairs(
    table: 'label' | 'field',
    resource: StoredResource,
    id: number,
    old: Readonly<Record<string, string>>,
    now: Readonly<Record<string, string>>,
  ): void {
    const { statements } = this.#host;
    for (const [k, v] of Object.entries(old)) {
      if (now[k] !== v)
        statements.run(`DELETE FROM ${table} WHERE res = ? AND k = ? AND v = ? AND object = ?`, resource.id, k, v, id);
    }
    for (const [k, v] of Object.entries(now)) {
      if (old[k] !== v) statements.run(`INSERT INTO ${table}(res, k, v, object) VALUES(?,?,?,?)`, resource.id, k, v, id);
    }
  }
}

function uids(refs: readonly Frozen<OwnerReference>[] | undefined): Set<string> {
  return new Set(refs?.map(r => r.uid));
}
