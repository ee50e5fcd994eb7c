import {
  Braces,
  CalendarClock,
  ChartLine,
  Cpu,
  FlaskConical,
  HardDrive,
  House,
  type LucideIcon,
  NotebookPen,
  Package,
  RadioTower,
  Route,
  SlidersHorizontal,
  Users,
  Workflow,
} from 'lucide-react';

/** A place in the sidebar. Artifacts, Lineage and Components join when they have pages: an entry must lead somewhere. Kinds without a page of their own yet are shown by the generic object table. */
export type NavItem = {
  label: string;
  to: string;
  icon: LucideIcon;
  keys?: string;
  count?: 'runs' | 'notebooks' | 'tuning' | 'training' | 'serving';
};
export type NavGroup = { label?: string; items: readonly NavItem[] };

const kind = (group: string, plural: string): string => `/objects/${group}/${plural}`;
export const nav: readonly NavGroup[] = [
  { items: [{ label: 'Home', to: '/', icon: House, keys: 'g h' }] },
  {
    label: 'Build',
    items: [
      { label: 'Notebooks', to: kind('kubeflow.org', 'notebooks'), icon: NotebookPen, keys: 'g n', count: 'notebooks' },
      { label: 'Volumes', to: kind('core', 'persistentvolumeclaims'), icon: HardDrive },
      { label: 'TensorBoards', to: kind('tensorboard.kubeflow.org', 'tensorboards'), icon: ChartLine },
    ],
  },
  {
    label: 'Pipelines',
    items: [
      { label: 'Runs', to: '/runs', icon: Route, keys: 'g r', count: 'runs' },
      { label: 'Pipelines', to: '/pipelines', icon: Workflow, keys: 'g p' },
      { label: 'Experiments', to: '/experiments', icon: FlaskConical, keys: 'g e' },
      { label: 'Recurring runs', to: '/recurring', icon: CalendarClock },
    ],
  },
  {
    label: 'Models',
    items: [
      { label: 'Tuning', to: kind('kubeflow.org', 'experiments'), icon: SlidersHorizontal, keys: 'g t', count: 'tuning' },
      { label: 'Training', to: kind('trainer.kubeflow.org', 'trainjobs'), icon: Cpu, keys: 'g j', count: 'training' },
      { label: 'Serving', to: kind('serving.kserve.io', 'inferenceservices'), icon: RadioTower, keys: 'g s', count: 'serving' },
      { label: 'Model registry', to: kind('modelregistry.kubeflow.org', 'modelregistries'), icon: Package },
    ],
  },
  {
    label: 'Platform',
    items: [
      { label: 'Access', to: kind('kubeflow.org', 'profiles'), icon: Users },
      { label: 'Objects', to: '/objects', icon: Braces, keys: 'g o' },
    ],
  },
];
export const navItems: readonly NavItem[] = nav.flatMap(group => group.items);
/** The entry that is lit for a path: the longest one that begins it. */
export function activeItem(path: string): NavItem | undefined {
  return navItems
    .filter(item => (item.to === '/' ? path === '/' : path === item.to || path.startsWith(`${item.to}/`)))
    .sort((a, b) => b.to.length - a.to.length)[0];
}
