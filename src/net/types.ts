import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Client } from '../kube/client.ts';
import type { UserInfo } from '../kube/types.ts';

/** One request at the door, already authenticated. */
export type RouteRequest = {
  method: string;
  /** Decoded path parameters. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  user: UserInfo;
  /** A client that acts as the caller: every read and write is checked. */
  client: Client;
  signal: AbortSignal;
  /** The whole body, refused with 413 over the limit. */
  bytes(limitBytes?: number): Promise<Uint8Array>;
  /** Parsed JSON; malformed text is a 400. */
  json(limitBytes?: number): Promise<unknown>;
  raw: IncomingMessage;
};
export type RouteAnswer =
  | { status?: number; headers?: Record<string, string | string[]>; json: unknown }
  | { status?: number; headers?: Record<string, string | string[]>; body: string | Uint8Array | AsyncIterable<Uint8Array> }
  /** Server-sent events: one JSON value each. */
  | { sse: AsyncIterable<{ event?: string; id?: string; data: unknown }> };
export type Route = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ALL';
  /** find-my-way pattern: `/apis/v2beta1/runs/:run_id`. */
  path: string;
  handle(r: RouteRequest): Promise<RouteAnswer>;
  /** For proxies and WebSockets: takes the socket itself. */
  upgrade?(r: RouteRequest, socket: Duplex, head: Buffer): Promise<void>;
  /** Turns a thrown error into this API's error body; default: a Kubernetes Status. */
  onError?(e: unknown): RouteAnswer;
};
