import type { Condition } from '../../../../src/kube/types.ts';
import { Moment } from '../../parts/moment.tsx';
import { StateMark, states } from '../../parts/state.tsx';

/** Types whose True means trouble. */
const badWhenTrue = /Failed|Pressure|Unavailable|Conflict|Degraded|Error|Stalled/;
function stateOf(c: Condition) {
  if (c.status === 'Unknown') return states.wait('Unknown');
  const good = (c.status === 'True') !== badWhenTrue.test(c.type);
  return good ? states.ok(c.status) : states.fail(c.status);
}
/** Conditions with age; what is wrong comes first. */
export function Conditions({ conditions }: { conditions: readonly Condition[] }) {
  const rank = (c: Condition): number => ({ fail: 0, wait: 1 })[stateOf(c).tone as 'fail'] ?? 2;
  return (
    <section className="panel">
      <header>
        <h2>Conditions</h2>
        <span className="n">{conditions.length}</span>
      </header>
      <table className="t">
        <colgroup>
          <col style={{ width: 100 }} />
          <col style={{ width: 200 }} />
          <col style={{ width: 200 }} />
          <col />
          <col style={{ width: 110 }} />
        </colgroup>
        <thead>
          <tr>
            <th>Status</th>
            <th>Condition</th>
            <th>Reason</th>
            <th>Message</th>
            <th className="num">Since</th>
          </tr>
        </thead>
        <tbody>
          {conditions
            .toSorted((a, b) => rank(a) - rank(b))
            .map(c => (
              <tr key={c.type}>
                <td>
                  <StateMark state={stateOf(c)} />
                </td>
                <td className="name">{c.type}</td>
                <td className="sub">{c.reason}</td>
                <td className="sub" title={c.message}>
                  {c.message}
                </td>
                <td className="num sub">
                  <Moment at={c.lastTransitionTime} ago />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}
