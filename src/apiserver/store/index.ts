export { type Change, Hub, type Listener } from './hub.ts';
export { type Operation, Revision } from './revision.ts';
export type { Index } from './statements.ts';
export { type ResourceOptions, type Scope, Store, type StoredResource, type StoreOptions } from './store.ts';
export type { Transaction } from './transaction.ts';
