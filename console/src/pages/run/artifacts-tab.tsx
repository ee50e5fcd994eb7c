import { Download } from 'lucide-react';
import type { NodeView } from '../../../../src/pipelines/api/view.ts';
import { useParam } from '../../app/search.ts';
import { ArtifactPreview } from '../../artifacts/preview.tsx';
import { bytesUrl } from '../../artifacts/uri.ts';
import { sizeText } from '../../lib/quantity.ts';
import { buttonClass } from '../../parts/button.tsx';

/** The outputs of a node with previews; which are open is in the URL. */
export function ArtifactsTab({ node, namespace }: { node: NodeView; namespace: string }) {
  const [open = node.outputs.artifacts[0]?.name ?? '', setOpen] = useParam('artifact');
  const all = [
    ...node.outputs.artifacts,
    ...node.inputs.artifacts.filter(a => !node.outputs.artifacts.some(o => o.name === a.name)),
  ];
  if (all.length === 0) return <p className="sub">{node.displayName} has no artifacts.</p>;
  return (
    <div className="arts">
      {all.map(a => {
        const on = open.split(',').includes(a.name);
        const url = bytesUrl(a.uri, namespace);
        const toggle = (): void =>
          setOpen(
            on
              ? open
                  .split(',')
                  .filter(n => n !== a.name)
                  .join(',') || '-'
              : [...open.split(',').filter(n => n !== '-'), a.name].join(','),
          );
        return (
          <section key={a.name} className="art">
            <div className="row">
              <button type="button" className="b5 cut grow arth" aria-expanded={on} onClick={toggle}>
                {a.name} <span className="dim">{a.type.replace('system.', '')}</span>
              </button>
              {a.sizeBytes !== undefined && <span className="dim t12">{sizeText(a.sizeBytes)}</span>}
              {url && (
                <a className={buttonClass('ghost', 'small')} href={url} download aria-label={`Download ${a.name}`}>
                  <Download className="i" aria-hidden />
                </a>
              )}
            </div>
            <p className="mono dim t11 cut" title={a.uri}>
              {a.uri}
            </p>
            {on && <ArtifactPreview artifact={a} namespace={namespace} />}
          </section>
        );
      })}
    </div>
  );
}
