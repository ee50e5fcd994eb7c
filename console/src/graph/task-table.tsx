import type { NodeView } from '../../../src/pipelines/api/view.ts';
import { Duration, Moment } from '../parts/moment.tsx';
import { nodeState, StateMark } from '../parts/state.tsx';

/** The same tasks as the drawing, as a tree in a table: for screen readers, and for those who think in lists. */
export function TaskTable({
  nodes,
  selected,
  onSelect,
}: {
  nodes: readonly NodeView[];
  selected: string | undefined;
  onSelect(id: string): void;
}) {
  const byId = new Map(nodes.map(n => [n.id, n]));
  const depth = (node: NodeView): number => (node.parent ? 1 + depth(byId.get(node.parent)!) : 0);
  return (
    <div className="ttree">
      <table className="t compact">
        <colgroup>
          <col />
          <col style={{ width: 130 }} />
          <col style={{ width: 90 }} />
          <col style={{ width: 110 }} />
          <col style={{ width: 90 }} />
        </colgroup>
        <thead>
          <tr>
            <th>Task</th>
            <th>State</th>
            <th>Kind</th>
            <th className="num">Started</th>
            <th className="num">Duration</th>
          </tr>
        </thead>
        <tbody>
          {nodes.slice(0, 2000).map(node => (
            <tr key={node.id} className={node.id === selected ? 'cur' : undefined}>
              <td>
                <span className={`in${Math.min(3, depth(node))}`}>
                  <button type="button" className="name" onClick={() => onSelect(node.id)}>
                    {node.displayName}
                    {node.iteration !== undefined && node.kind === 'task' && <span className="dim"> {node.iteration}</span>}
                  </button>
                </span>
              </td>
              <td>
                <StateMark state={nodeState(node.state)} />
              </td>
              <td className="sub">{node.kind}</td>
              <td className="num sub">
                <Moment at={node.startedAt} />
              </td>
              <td className="num">
                {node.state === 'Cached' ? (
                  <span className="dim">–</span>
                ) : (
                  <Duration from={node.startedAt} to={node.finishedAt} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
