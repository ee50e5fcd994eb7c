import { countText } from '../lib/quantity.ts';
import { areaUnder, type Confusion, type RocPoint } from './classification.ts';

/** Rows are the truth, columns the prediction; depth is the share of its row. */
export function ConfusionMatrix({ matrix }: { matrix: Confusion }) {
  return (
    <table className="cmx">
      <caption className="vh">Confusion matrix</caption>
      <thead>
        <tr>
          <td className="dim t11">true \ predicted</td>
          {matrix.labels.map(label => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {matrix.rows.map((row, i) => {
          const total = row.reduce((a, b) => a + b, 0) || 1;
          return (
            <tr key={matrix.labels[i]}>
              <th scope="row">{matrix.labels[i]}</th>
              {row.map((n, j) => (
                <td key={matrix.labels[j]} className={`q${Math.min(4, Math.floor((n / total) * 5))}`}>
                  {countText(n)}
                  <span className="t11"> {Math.round((n / total) * 1000) / 10} %</span>
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
const side = 220;
export function RocCurve({ points }: { points: readonly RocPoint[] }) {
  const x = (v: number): number => 30 + v * side;
  const y = (v: number): number => 8 + (1 - v) * side;
  const area = areaUnder(points);
  return (
    <svg width={side + 44} height={side + 40} role="img" aria-label={`ROC curve, area ${area.toFixed(3)}`}>
      {[0, 0.25, 0.5, 0.75, 1].map(v => (
        <g key={v}>
          <line className="grid" x1={x(0)} x2={x(1)} y1={y(v)} y2={y(v)} />
          {v % 0.5 === 0 && (
            <text x="24" y={y(v) + 4} textAnchor="end">
              {v}
            </text>
          )}
        </g>
      ))}
      <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} stroke="var(--line-3)" strokeDasharray="4 3" />
      <path
        d={points.map((p, i) => `${i ? 'L' : 'M'}${x(p.fpr).toFixed(1)} ${y(p.tpr).toFixed(1)}`).join(' ')}
        fill="none"
        stroke="var(--s1)"
        strokeWidth="1.6"
      />
      <text className="val" x={x(0.98)} y={y(0.08)} textAnchor="end">
        area {area.toFixed(3)}
      </text>
      <rect x={x(0)} y={y(0) + 1} width={side} height="4" fill="var(--deck)" stroke="var(--ink-3)" />
      {[0, 2, 4, 6, 8].map(i => (
        <rect key={i} x={x(i / 10)} y={y(0) + 1} width={side / 10} height="4" fill="var(--ink-3)" />
      ))}
      <text x={x(0.5)} y={y(0) + 20} textAnchor="middle">
        false positive rate
      </text>
    </svg>
  );
}
