// biome-ignore-all lint/suspicious/noArrayIndexKey: marks of a drawing are their position
import {
  Box,
  Check,
  CircleSlash,
  CircleStop,
  GitBranch,
  Hourglass,
  Layers,
  LoaderCircle,
  type LucideIcon,
  Maximize2,
  Repeat,
  X,
} from 'lucide-react';
import type { NodeState } from '../../../src/pipelines/api/view.ts';
import { IconButton } from '../parts/button.tsx';
import { nodeState } from '../parts/state.tsx';
import { columnsOf, maxCells } from './layout.ts';
import { countStates, type LoopShape, type Shape, type TaskShape } from './shape.ts';

export type BoxData = {
  shape: Shape;
  subtitle: string;
  selected: string | undefined;
  faded: boolean;
  /** A pipeline before any run: no states. */
  plain: boolean;
  onSelect(id: string): void;
  onEnter(id: string): void;
};

export function TaskBox({ shape, subtitle, selected, faded, plain, onSelect }: BoxData & { shape: TaskShape }) {
  const { node } = shape;
  const state = nodeState(node.state);
  const Icon = plain ? plainIcon(shape) : state.icon;
  return (
    <button
      type="button"
      className={`nd nd-${plain ? 'plain' : state.tone}${selected === shape.id ? ' on' : ''}${faded ? ' faded' : ''}`}
      aria-pressed={selected === shape.id}
      onClick={() => onSelect(shape.id)}
      title={plain ? node.displayName : `${node.displayName}: ${state.word}, ${subtitle}`}
    >
      <span className={plain ? 'dim' : `c-${state.tone}`}>
        <Icon className="i" aria-hidden />
      </span>
      <span className="cut">
        <span className="b5 cut ndn">{node.displayName}</span>
        <span className="vh">, {plain ? '' : state.word} </span>
        <span className="t11 dim cut ndn">{subtitle}</span>
      </span>
    </button>
  );
}

const plainIcon = (shape: TaskShape): LucideIcon =>
  shape.node.kind === 'loop' ? Repeat : shape.conditions.length ? GitBranch : Box;
const cellIcons: Record<NodeState, LucideIcon> = {
  Pending: Hourglass,
  Running: LoaderCircle,
  Succeeded: Check,
  Failed: X,
  Skipped: CircleSlash,
  Cached: Layers,
  Canceled: CircleStop,
};
export function LoopBox({ shape, selected, faded, plain, onSelect, onEnter }: BoxData & { shape: LoopShape }) {
  const counts = countStates(shape.cells);
  const bad = counts.Failed > 0;
  const total = shape.cells.length;
  const done = counts.Succeeded + counts.Cached + counts.Skipped;
  const words = [
    `${done} done`,
    counts.Running && `${counts.Running} running`,
    counts.Pending && `${counts.Pending} waiting`,
    shape.node.message,
  ]
    .filter(Boolean)
    .join(', ');
  if (total === 0) {
    return (
      <TaskBox
        shape={{ ...shape, kind: 'task', node: { ...shape.node, displayName: shape.title } }}
        subtitle={shape.node.state === 'Pending' ? 'one for each item' : 'no items'}
        selected={selected}
        faded={faded}
        plain={plain}
        onSelect={onSelect}
        onEnter={onEnter}
      />
    );
  }
  return (
    <div className={`loop${bad ? ' bad' : ''}${selected === shape.id ? ' on' : ''}${faded ? ' faded' : ''}`}>
      <div className="lh">
        <button type="button" className="b6 cut" aria-pressed={selected === shape.id} onClick={() => onSelect(shape.id)}>
          {shape.title}
        </button>
        {bad && <span className="c-fail b5 t12">({counts.Failed} failed)</span>}
        <span className="grow" />
        <IconButton small icon={Maximize2} label={`Look into ${shape.title}`} onClick={() => onEnter(shape.id)} />
      </div>
      {total <= maxCells ? (
        <Cells shape={shape} selected={selected} onSelect={onSelect} />
      ) : (
        <Density shape={shape} selected={selected} onSelect={onSelect} />
      )}
      <div className="bar" aria-hidden>
        <i className="m-ok" style={{ width: `${(done / total) * 100}%` }} />
        <i className="m-run" style={{ width: `${(counts.Running / total) * 100}%` }} />
        <i className="m-fail" style={{ width: `${(counts.Failed / total) * 100}%` }} />
      </div>
      <div className="t11 sub lf cut">{words}</div>
    </div>
  );
}
type CellsProps = { shape: LoopShape; selected: string | undefined; onSelect(id: string): void };
function Cells({ shape, selected, onSelect }: CellsProps) {
  const columns = columnsOf(shape.cells.length);
  return (
    <div className="cells" style={{ gridTemplateColumns: `repeat(${columns}, 1fr)` }}>
      {shape.cells.map(cell => {
        const state = nodeState(cell.state);
        const Icon = cellIcons[cell.state];
        return (
          <button
            key={cell.id}
            type="button"
            className={`cell ${state.tone}${cell.id === selected ? ' on' : ''}`}
            aria-pressed={cell.id === selected}
            aria-label={`iteration ${cell.iteration}, ${state.word}`}
            onClick={() => onSelect(cell.id)}
          >
            <Icon className="i" aria-hidden />
            <em>{cell.iteration}</em>
          </button>
        );
      })}
    </div>
  );
}
const strip = 200;
/** Over 48 iterations: failed cells first, then one strip of slices coloured by the worst state in each. */
function Density({ shape, selected, onSelect }: CellsProps) {
  const failed = shape.cells.filter(c => c.state === 'Failed').slice(0, 6);
  const slices = Math.min(60, shape.cells.length);
  const worst = (cells: readonly { state: NodeState }[]): NodeState =>
    (['Failed', 'Running', 'Pending', 'Succeeded'] as const).find(s => cells.some(c => c.state === s)) ?? 'Cached';
  return (
    <div className="density">
      <div className="row">
        {failed.map(cell => (
          <button
            key={cell.id}
            type="button"
            className={`cell fail${cell.id === selected ? ' on' : ''}`}
            aria-label={`iteration ${cell.iteration}, Failed`}
            onClick={() => onSelect(cell.id)}
          >
            <X className="i" aria-hidden />
            <em>{cell.iteration}</em>
          </button>
        ))}
      </div>
      <svg width="100%" height="14" viewBox={`0 0 ${strip} 14`} preserveAspectRatio="none" aria-hidden="true">
        {Array.from({ length: slices }, (_, i) => {
          const from = Math.floor((i * shape.cells.length) / slices);
          const to = Math.floor(((i + 1) * shape.cells.length) / slices);
          return (
            <rect
              key={i}
              x={(i * strip) / slices}
              width={strip / slices - 0.6}
              height="14"
              className={`f-${nodeState(worst(shape.cells.slice(from, to))).tone}`}
            />
          );
        })}
      </svg>
    </div>
  );
}
