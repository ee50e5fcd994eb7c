import findMyWay from 'find-my-way';
import type { Route } from './types.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Routes by method and path. */
export class Router {
  readonly #finder = findMyWay({ ignoreTrailingSlash: true, maxParamLength: 4096 });

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const methods = route.method === 'ALL' ? [...METHODS] : [route.method];
      this.#finder.on(methods, route.path, () => {}, { route });
    }
  }

  /** The route and its decoded parameters; `otherMethod` when only the method is wrong. */
  find(method: string, path: string): { route: Route; params: Record<string, string> } | 'otherMethod' | undefined {
    const found = this.#finder.find(method as 'GET', path);
    if (found) return { route: (found.store as { route: Route }).route, params: found.params as Record<string, string> };
    return METHODS.some(m => m !== method && this.#finder.find(m, path)) ? 'otherMethod' : undefined;
  }
}
