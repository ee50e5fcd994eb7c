import { ReactFlowProvider } from '@xyflow/react';
import { useMemo } from 'react';
import type { PipelineView } from '../../../../src/pipelines/api/view.ts';
import { useParams, useSetParams } from '../../app/search.ts';
import { GraphCanvas } from '../../graph/canvas.tsx';
import { draw } from '../../graph/shape.ts';
import { subtitleOf } from '../../graph/subtitle.ts';
import { ZoomTools } from '../../graph/tools.tsx';
import { plural } from '../../lib/quantity.ts';
import { Values } from '../run/in-out.tsx';

/** A version's graph, and beside it the task that is selected. */
export function PipelineGraph({ view }: { view: PipelineView }) {
  const { node, loop } = useParams();
  const set = useSetParams();
  const drawing = useMemo(() => draw(view, loop), [view, loop]);
  const subtitles = useMemo(
    () =>
      new Map(
        drawing.shapes.map(s => [
          s.id,
          s.conditions.length
            ? subtitleOf(s, drawing, new Map(), 0)
            : s.node.kind === 'task'
              ? (s.node.image?.split('/').at(-1) ?? 'task')
              : s.node.kind,
        ]),
      ),
    [drawing],
  );
  const selected = view.nodes.find(n => n.id === node);
  return (
    <div className="work">
      <div className="left">
        <ReactFlowProvider>
          <div className="tool">
            <span className="dim t12">{plural(drawing.shapes.length, 'task')}</span>
            {loop && (
              <button type="button" className="chip" onClick={() => set({ loop: undefined })}>
                inside {loop} ×
              </button>
            )}
            <span className="grow" />
            <ZoomTools />
          </div>
          <div className="gpane tall">
            <GraphCanvas
              drawing={drawing}
              subtitles={subtitles}
              selected={node}
              found={undefined}
              critical={false}
              plain
              onSelect={id => set({ node: id })}
              onEnter={id => set({ loop: id })}
            />
          </div>
        </ReactFlowProvider>
      </div>
      <aside className="insp" aria-label="Inspector">
        <div className="ih">
          <div className="row runih">
            <h2 className="t14 b6">{selected?.displayName ?? 'Parameters'}</h2>
          </div>
        </div>
        <div className="ib2">
          {selected ? (
            <>
              <dl className="kv">
                <dt>Component</dt>
                <dd>{selected.taskName}</dd>
                {selected.image && (
                  <>
                    <dt>Image</dt>
                    <dd className="mono">{selected.image}</dd>
                  </>
                )}
                {selected.condition && (
                  <>
                    <dt>Condition</dt>
                    <dd className="mono">{selected.condition}</dd>
                  </>
                )}
              </dl>
              {selected.command && <pre className="code cmdblock">{selected.command.join(' ')}</pre>}
              <Values title="Inputs" values={selected.inputs.parameters} />
            </>
          ) : (
            <table className="t mini-t">
              <tbody>
                {view.parameters.map(p => (
                  <tr key={p.name}>
                    <td className="mono" title={p.description}>
                      {p.name}
                    </td>
                    <td className="sub">{p.type.replace('NUMBER_', '').toLowerCase()}</td>
                    <td className="mono num">
                      {p.defaultValue === undefined ? (
                        <span className="dim">{p.optional ? 'optional' : 'required'}</span>
                      ) : (
                        JSON.stringify(p.defaultValue)
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      </aside>
    </div>
  );
}
