import type { ApiRequest, ApiResponse } from '../kube/index.ts';
import type { Clock } from '../lib/index.ts';
import type { Registry } from './registry/registry.ts';
import type { Store } from './store/index.ts';

const BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 1000, 5000];
type Series = { count: number; sumMs: number; buckets: number[] };

/** Counts and durations of requests, by method and code, and the size of the store: Prometheus text. */
export class Metrics {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #series = new Map<string, Series>();
  constructor(store: Store, registry: Registry) {
    this.#store = store;
    this.#registry = registry;
  }

  async timed(clock: Clock, r: ApiRequest, run: () => Promise<ApiResponse>): Promise<ApiResponse> {
    const startMs = clock.monotonicMs();
    const response = await run();
    const labels = `method="${r.method}",code="${response.code}"`;
    let series = this.#series.get(labels);
    if (!series) this.#series.set(labels, (series = { count: 0, sumMs: 0, buckets: BUCKETS_MS.map(() => 0) }));
    const ms = clock.monotonicMs() - startMs;
    series.count++;
    series.sumMs += ms;
    for (const [i, limit] of BUCKETS_MS.entries()) if (ms <= limit) series.buckets[i]!++;
    return response;
  }

  text(): string {
    const lines = ['# TYPE apiserver_request_duration_seconds histogram'];
    for (const [labels, s] of this.#series) {
      for (const [i, limit] of BUCKETS_MS.entries())
        lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="${limit / 1000}"} ${s.buckets[i]}`);
      lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} ${s.count}`);
      lines.push(
        `apiserver_request_duration_seconds_sum{${labels}} ${s.sumMs / 1000}`,
        `apiserver_request_duration_seconds_count{${labels}} ${s.count}`,
      );
    }
    lines.push('# TYPE apiserver_storage_objects gauge');
    for (const { storage, group, plural } of new Map(this.#registry.all().map(d => [d.storage?.id, d])).values()) {
      if (storage)
        lines.push(
          `apiserver_storage_objects{resource="${group ? `${plural}.${group}` : plural}"} ${this.#store.count(storage, {})}`,
        );
    }
    lines.push('# TYPE apiserver_storage_revision counter', `apiserver_storage_revision ${this.#store.rv}`);
    return `${lines.join('\n')}\n`;
  }
}
