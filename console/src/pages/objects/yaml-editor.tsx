import { CircleCheck, Pencil } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Obj } from '../../../../src/kube/types.ts';
import { putYaml, type Resource } from '../../data/kube.ts';
import { lineDiff } from '../../lib/diff.ts';
import { toYaml } from '../../lib/yaml.ts';
import { Button } from '../../parts/button.tsx';
import { YamlCode } from '../../parts/code.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { notify } from '../../parts/toast.ts';

type Checked = { text: string; result: Obj } | { text: string; error: string };
/** The object as YAML. Edits are tried by a server-side dry run first; what would change is shown before it is saved. */
export function YamlEditor({
  kind,
  namespace,
  name,
  object,
  onSaved,
}: {
  kind: Resource;
  namespace: string | undefined;
  name: string;
  object: Obj;
  onSaved(): void;
}) {
  const stored = useMemo(() => toYaml(object), [object]);
  const [draft, setDraft] = useState<string>();
  const [checked, setChecked] = useState<Checked>();
  const [busy, setBusy] = useState(false);
  const text = draft ?? stored;
  const send = async (dryRun: boolean): Promise<void> => {
    setBusy(true);
    try {
      const result = await putYaml(kind, namespace, name, text, dryRun);
      if (dryRun) setChecked({ text, result });
      else {
        setDraft(undefined);
        setChecked(undefined);
        notify('Saved', name);
        onSaved();
      }
    } catch (error) {
      setChecked({ text, error: (error as Error).message });
    } finally {
      setBusy(false);
    }
  };
  const passed = checked?.text === text && 'result' in checked;
  const diff = useMemo(() => (checked && 'result' in checked ? lineDiff(stored, toYaml(checked.result)) : []), [checked, stored]);
  return (
    <>
      <div className="tool">
        {draft === undefined ? (
          <Button icon={Pencil} onClick={() => setDraft(stored)}>
            Edit
          </Button>
        ) : (
          <>
            <Button kind={passed ? 'plain' : 'primary'} busy={busy} disabled={text === stored} onClick={() => void send(true)}>
              Dry run
            </Button>
            <Button kind={passed ? 'primary' : 'plain'} busy={busy} disabled={!passed} onClick={() => void send(false)}>
              Save
            </Button>
            <Button
              kind="ghost"
              onClick={() => {
                setDraft(undefined);
                setChecked(undefined);
              }}
            >
              Discard
            </Button>
          </>
        )}
        {passed && (
          <span className="st ok">
            <CircleCheck className="i" aria-hidden />
            dry run passed
          </span>
        )}
        <span className="grow" />
        <CopyButton text={text} label="Copy YAML" />
      </div>
      {checked && 'error' in checked && (
        <p className="yamlerr c-fail" role="alert">
          {checked.error}
        </p>
      )}
      {passed && diff.length > 0 && (
        <pre className="code difft">
          {diff.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its position
            <span key={i} className={line.sign === '+' ? 'adl' : line.sign === '-' ? 'del' : 'dx'}>
              {`${line.sign} ${line.text}\n`}
            </span>
          ))}
        </pre>
      )}
      {draft === undefined ? (
        <YamlCode flush text={stored} />
      ) : (
        <textarea
          className="yamled"
          aria-label="YAML"
          spellCheck={false}
          value={draft}
          onChange={e => setDraft(e.target.value)}
        />
      )}
    </>
  );
}
