import { CORE_SCHEMA, loadAll, mergeTag, YAMLException } from 'js-yaml';

/** YAML as upstream reads it (Go's yaml.v3 into untyped values): 1.2, but with merge keys; `yes` and dates are text. */
const SCHEMA = CORE_SCHEMA.withTags(mergeTag);
const MOST_REPAIRS = 200;

/** The documents of a YAML text, with Go's leniency: a quoted text may go on at the indentation of the item it belongs to. */
export function loadYaml(text: string): unknown[] {
  let lines: string[] | undefined;
  for (let repairs = 0; ; repairs++) {
    try {
      return loadAll(lines ? lines.join('\n') : text, { schema: SCHEMA });
    } catch (e) {
      const line = deficientLine(e);
      if (line === undefined || repairs === MOST_REPAIRS) throw e;
      lines ??= text.split('\n');
      // Leading blanks of a continuation line are folded away, so more of them change nothing.
      lines[line] = `  ${lines[line]}`;
    }
  }
}
function deficientLine(e: unknown): number | undefined {
  if (!(e instanceof YAMLException) || !e.reason.includes('deficient indentation')) return undefined;
  return e.mark?.line;
}
