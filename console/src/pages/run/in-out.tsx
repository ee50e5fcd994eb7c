import type { ArtifactView, NodeView } from '../../../../src/pipelines/api/view.ts';
import { useSetParams } from '../../app/search.ts';
import { sizeText, valueText } from '../../lib/quantity.ts';
import { CopyButton } from '../../parts/copy.tsx';

/** What went in and what came out: parameters as values, artifacts as links to their preview. */
export function InOut({ node }: { node: Pick<NodeView, 'inputs' | 'outputs'> }) {
  return (
    <>
      <Values title="Input parameters" values={node.inputs.parameters} />
      <ArtifactList title="Input artifacts" artifacts={node.inputs.artifacts} />
      <Values title="Output parameters" values={node.outputs.parameters} />
      <ArtifactList title="Output artifacts" artifacts={node.outputs.artifacts} />
    </>
  );
}
export function Values({ title, values }: { title: string; values: Record<string, unknown> }) {
  const entries = Object.entries(values);
  return (
    <>
      <h3 className="sec">
        {title} <span className="dim">{entries.length || 'none'}</span>
      </h3>
      {entries.length > 0 && (
        <table className="t mini-t">
          <tbody>
            {entries.map(([name, value]) => (
              <tr key={name}>
                <td className="mono" title={name}>
                  {name}
                </td>
                <td className="mono num" title={valueText(value)}>
                  {valueText(value)}
                </td>
                <td className="cpc">
                  <CopyButton text={valueText(value)} label={`Copy ${name}`} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
function ArtifactList({ title, artifacts }: { title: string; artifacts: readonly ArtifactView[] }) {
  const set = useSetParams();
  return (
    <>
      <h3 className="sec">
        {title} <span className="dim">{artifacts.length || 'none'}</span>
      </h3>
      {artifacts.length > 0 && (
        <table className="t mini-t">
          <tbody>
            {artifacts.map(a => (
              <tr key={a.name}>
                <td>
                  <button
                    type="button"
                    className="name mono"
                    title={a.uri}
                    onClick={() => set({ tab: 'artifacts', artifact: a.name })}
                  >
                    {a.name}
                  </button>
                </td>
                <td className="sub num">{a.type.replace('system.', '')}</td>
                <td className="dim num">{a.sizeBytes === undefined ? '' : sizeText(a.sizeBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
