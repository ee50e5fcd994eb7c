import { RotateCcw } from 'lucide-react';
import { useId } from 'react';
import { IconButton, Segmented } from '../../parts/button.tsx';
import { fieldText, type Parameter } from './values.ts';

const typeWords: Record<string, string> = {
  STRING: 'text',
  NUMBER_INTEGER: 'whole number',
  NUMBER_DOUBLE: 'number',
  BOOLEAN: 'yes or no',
  LIST: 'list',
  STRUCT: 'object',
};
/** One row: name, type and meaning on the left, the typed control on the right. */
export function ParameterField({
  parameter: p,
  text,
  error,
  onChange,
}: {
  parameter: Parameter;
  text: string | undefined;
  error: string | undefined;
  onChange(text: string | undefined): void;
}) {
  const id = useId();
  const preset = fieldText(p.defaultValue);
  const shown = text ?? preset ?? '';
  const changed = text !== undefined && text !== preset;
  const props = { id, 'aria-invalid': error !== undefined, 'aria-describedby': error ? `${id}-e` : undefined };
  return (
    <div className={error ? 'pf2 bad' : 'pf2'}>
      <label htmlFor={id}>
        <span className="mono b5">{p.name}</span>
        <span className="dim t12">
          {typeWords[p.type] ?? p.type}
          {p.optional || p.defaultValue !== undefined ? '' : ', required'}
        </span>
        {p.description && <span className="sub t12">{p.description}</span>}
      </label>
      <div className="pfc">
        {p.literals?.length ? (
          <select {...props} className="input mono" value={shown} onChange={e => onChange(e.target.value || undefined)}>
            {shown === '' && <option value="">Choose</option>}
            {p.literals.map(l => (
              <option key={String(l)} value={String(l)}>
                {String(l)}
              </option>
            ))}
          </select>
        ) : p.type === 'BOOLEAN' ? (
          <Segmented
            label={p.name}
            value={shown === '' ? 'false' : shown}
            onChange={onChange}
            options={[
              { value: 'true', label: 'true' },
              { value: 'false', label: 'false' },
            ]}
          />
        ) : p.type === 'LIST' || p.type === 'STRUCT' ? (
          <textarea
            {...props}
            className="input"
            rows={Math.min(8, Math.max(2, shown.split('\n').length))}
            spellCheck={false}
            value={shown}
            onChange={e => onChange(e.target.value)}
          />
        ) : (
          <input
            {...props}
            className="input mono"
            inputMode={p.type.startsWith('NUMBER') ? 'decimal' : 'text'}
            spellCheck={false}
            placeholder={p.optional && p.defaultValue === undefined ? 'left out' : ''}
            value={shown}
            onChange={e => onChange(e.target.value)}
          />
        )}
        {error && (
          <span className="bad t12 c-fail" id={`${id}-e`}>
            {error}
          </span>
        )}
      </div>
      <span className="pfr">
        {changed && (
          <IconButton
            small
            icon={RotateCcw}
            label={preset === undefined ? `Leave ${p.name} out` : `Back to the default, ${preset}`}
            onClick={() => onChange(undefined)}
          />
        )}
      </span>
    </div>
  );
}
