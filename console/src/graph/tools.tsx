import { useReactFlow, useViewport } from '@xyflow/react';
import { Minus, Plus, Scan } from 'lucide-react';
import { useActs } from '../acts/registry.ts';
import { IconButton } from '../parts/button.tsx';

/** Zoom and fit; works inside a ReactFlowProvider. */
export function ZoomTools() {
  const flow = useReactFlow();
  const { zoom } = useViewport();
  const fit = (): void => void flow.fitView({ padding: 0.06, maxZoom: 1 });
  useActs([
    { id: 'fit', label: 'Fit the drawing', keys: 'f', group: 'Canvas', quiet: true, run: fit },
    { id: 'zoom-in', label: 'Zoom in', keys: '+', group: 'Canvas', quiet: true, run: () => void flow.zoomIn() },
    { id: 'zoom-out', label: 'Zoom out', keys: '-', group: 'Canvas', quiet: true, run: () => void flow.zoomOut() },
  ]);
  return (
    <>
      <IconButton small icon={Minus} label="Zoom out (-)" onClick={() => void flow.zoomOut()} />
      <span className="t12 dim nowrap">{Math.round(zoom * 100)} %</span>
      <IconButton small icon={Plus} label="Zoom in (+)" onClick={() => void flow.zoomIn()} />
      <IconButton small icon={Scan} label="Fit (f)" onClick={fit} />
    </>
  );
}
