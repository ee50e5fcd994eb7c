import { MiniMap, type Node, type NodeProps, ReactFlow, useReactFlow, ViewportPortal } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { memo, useCallback, useEffect, useMemo } from 'react';
import type { NodeState } from '../../../src/pipelines/api/view.ts';
import { useSize } from '../lib/use-size.ts';
import { nodeState } from '../parts/state.tsx';
import { type BoxData, LoopBox, TaskBox } from './boxes.tsx';
import './graph.css';
import { linkPath, type Placed, place, sizeOf } from './layout.ts';
import type { Drawing, Shape } from './shape.ts';

type BoxNode = Node<BoxData & Record<string, unknown>, 'box'>;
const Box = memo(({ data }: NodeProps<BoxNode>) =>
  data.shape.kind === 'loop' ? <LoopBox {...data} shape={data.shape} /> : <TaskBox {...data} shape={data.shape} />,
);
const nodeTypes = { box: Box };

export type CanvasProps = {
  drawing: Drawing;
  subtitles: ReadonlyMap<string, string>;
  selected: string | undefined;
  found: ReadonlySet<string> | undefined;
  critical: boolean;
  plain?: boolean;
  onSelect(id: string): void;
  onEnter(id: string): void;
};
/** The run as a drawing: pan, zoom, one selection. Layout happens once a shape set, states are painted over it. */
export function GraphCanvas({ drawing, subtitles, selected, found, critical, plain = false, onSelect, onEnter }: CanvasProps) {
  const outline = drawing.shapes.map(s => `${s.id}:${s.kind === 'loop' ? s.cells.length : s.node.displayName}`).join('|');
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new state does not move boxes, a new shape does
  const placed = useMemo(
    () => place(drawing, shape => sizeOf(shape, steady(subtitles.get(shape.id) ?? ''))),
    [outline, drawing.links.length],
  );
  const nodes = useMemo(
    () =>
      drawing.shapes.map(shape =>
        toNode(shape, placed, {
          shape,
          subtitle: subtitles.get(shape.id) ?? '',
          selected,
          faded: found ? !found.has(shape.id) : false,
          plain,
          onSelect,
          onEnter,
        }),
      ),
    [drawing, placed, subtitles, selected, found, plain, onSelect, onEnter],
  );
  const [ref, size] = useSize<HTMLDivElement>();
  const flow = useReactFlow();
  const fit = useFit(placed, size);
  useEffect(() => {
    if (size.width > 0) void flow.setViewport(fit());
  }, [flow, fit, size.width]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is not a drawing
    <div className="canvas" ref={ref} role="group" aria-label="Graph; the table view lists the same tasks">
      <ReactFlow
        nodes={nodes}
        nodeTypes={nodeTypes}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        panOnScroll
        zoomOnDoubleClick={false}
        minZoom={0.1}
        maxZoom={1.6}
        onlyRenderVisibleElements
        proOptions={{ hideAttribution: true }}
        disableKeyboardA11y
      >
        <ViewportPortal>
          <Links drawing={drawing} placed={placed} critical={critical} found={found} />
        </ViewportPortal>
        <MiniMap
          className="mini"
          position="bottom-left"
          pannable
          zoomable
          nodeComponent={MiniBox}
          nodeClassName={node => node.className ?? ''}
          ariaLabel="Overview of the graph"
          style={{ width: 132, height: 44 }}
        />
      </ReactFlow>
    </div>
  );
}
/** Ticking times must not change the width of a box. */
const steady = (text: string): string => text.replaceAll(/\d/g, '0');
function toNode(shape: Shape, placed: Placed, data: BoxData): BoxNode {
  const box = placed.boxes.get(shape.id)!;
  return {
    id: shape.id,
    type: 'box',
    position: { x: box.x, y: box.y },
    width: box.width,
    height: box.height,
    measured: { width: box.width, height: box.height },
    data: data as BoxNode['data'],
    className: `tone-${worstTone(shape)}`,
  };
}
function worstTone(shape: Shape): string {
  if (shape.kind === 'task') return shape.node.state === 'Pending' ? 'hold' : nodeState(shape.node.state).tone;
  const worst: NodeState | undefined = shape.cells.some(c => c.state === 'Failed') ? 'Failed' : undefined;
  return worst ? 'fail' : shape.node.state === 'Pending' ? 'hold' : nodeState(shape.node.state).tone;
}
function Links({
  drawing,
  placed,
  critical,
  found,
}: {
  drawing: Drawing;
  placed: Placed;
  critical: boolean;
  found: ReadonlySet<string> | undefined;
}) {
  return (
    <svg className="edges" width={placed.width} height={placed.height} aria-hidden="true">
      {drawing.links.map(link => {
        const from = placed.boxes.get(link.from);
        const to = placed.boxes.get(link.to);
        if (!from || !to) return null;
        const faded = found && !(found.has(link.from) && found.has(link.to));
        return (
          <path
            key={link.id}
            className={`e${link.kind === 'condition' ? ' if' : ''}${critical && link.critical ? ' crit' : ''}${faded ? ' faded' : ''}`}
            d={linkPath(from, to)}
          />
        );
      })}
    </svg>
  );
}
function MiniBox({ x, y, width, height, className }: { x: number; y: number; width: number; height: number; className: string }) {
  const tone = /tone-(\w+)/.exec(className)?.[1] ?? 'hold';
  return <rect className={`f-${tone}`} x={x} y={y} width={width} height={height} rx={6} />;
}
/** The whole drawing at 100 % or less, left aligned and centred in height. */
export function useFit(placed: Placed, size: { width: number; height: number }): () => { x: number; y: number; zoom: number } {
  return useCallback(() => {
    const zoom = Math.max(0.1, Math.min(1, size.width / placed.width, size.height / placed.height));
    const y = Math.max(0, (size.height - placed.height * zoom) / 2);
    return { x: 0, y, zoom };
  }, [placed, size.width, size.height]);
}
