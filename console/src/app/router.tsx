import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent } from '@tanstack/react-router';
import { buttonClass } from '../parts/button.tsx';
import { Problem } from '../parts/problem.tsx';
import { SkeletonRows } from '../parts/skeleton.tsx';
import { Frame } from './frame.tsx';
import { parseSearch, type Search, stringifySearch } from './search.ts';

const root = createRootRoute({
  component: Frame,
  validateSearch: (search: Search): Search => search,
  notFoundComponent: () => (
    <div className="problem">
      <h3>There is no page at this address</h3>
      <p>The link may be old, or the object may have been deleted.</p>
      <div className="row">
        <Link to="/" className={buttonClass()}>
          Home
        </Link>
      </div>
    </div>
  ),
});
/** Each page is a chunk of its own. */
const page = <P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string) =>
  // biome-ignore lint/suspicious/noExplicitAny: lazyRouteComponent wants the module's exact type, which the name already picks
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as any, name) });

const runs = (): Promise<Record<string, unknown>> => import('../pages/runs/page.tsx');
const run = (): Promise<Record<string, unknown>> => import('../pages/run/page.tsx');
const pipelines = (): Promise<Record<string, unknown>> => import('../pages/pipelines/page.tsx');
const experiments = (): Promise<Record<string, unknown>> => import('../pages/experiments/page.tsx');
const objects = (): Promise<Record<string, unknown>> => import('../pages/objects/page.tsx');

const routeTree = root.addChildren([
  page('/', () => import('../pages/home/page.tsx'), 'HomePage'),
  page('/runs', runs, 'RunsPage'),
  page('/runs/new', () => import('../pages/new-run/page.tsx'), 'NewRunPage'),
  page('/runs/$runId', run, 'RunPage'),
  page('/runs/$runId/logs', () => import('../pages/run/logs-page.tsx'), 'RunLogsPage'),
  page('/pipelines', pipelines, 'PipelinesPage'),
  page('/pipelines/$pipelineId', () => import('../pages/pipelines/detail.tsx'), 'PipelinePage'),
  page('/recurring', () => import('../pages/recurring/page.tsx'), 'RecurringPage'),
  page('/experiments', experiments, 'ExperimentsPage'),
  page('/experiments/$experimentId', () => import('../pages/experiments/detail.tsx'), 'ExperimentPage'),
  page('/objects', objects, 'KindsPage'),
  page('/objects/$group/$plural', () => import('../pages/objects/table-page.tsx'), 'ObjectsPage'),
  page('/objects/$group/$plural/$namespace/$name', () => import('../pages/objects/object-page.tsx'), 'ObjectPage'),
]);

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPendingComponent: () => <SkeletonRows what="the page" />,
  defaultPendingMs: 100,
  defaultErrorComponent: ({ error, reset }) => <Problem error={error as Error} what="this page" retry={reset} />,
});
declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
