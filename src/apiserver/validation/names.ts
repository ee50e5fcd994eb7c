/**
 * What names, keys and values may look like. Each check gives the problems of a text, in upstream's words; none means it is fine.
 * @source apimachinery pkg/util/validation/validation.go, pkg/api/validate/content@eed236ceee2c
 */
export type TextCheck = (text: string) => string[];

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const DNS_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const HTTP_HEADER = '[-A-Za-z0-9]+';
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const PERCENT = '[0-9]+%';

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);
const LABEL_RE = whole(LABEL);
const SUBDOMAIN_RE = whole(SUBDOMAIN);
const DNS_1035_RE = whole(DNS_1035);
const QUALIFIED_RE = whole(QUALIFIED);
const LABEL_VALUE_RE = whole(LABEL_VALUE);
const CONFIG_KEY_RE = whole(CONFIG_KEY);
const HTTP_HEADER_RE = whole(HTTP_HEADER);
const C_IDENTIFIER_RE = whole(C_IDENTIFIER);
const PERCENT_RE = whole(PERCENT);

const maxBytesError = (length: number) => `must be no more than ${length} bytes`;
export const maxLengthError = (length: number) => `must be no more than ${length} characters`;
export const rangeError = (low: number, high: number) => `must be between ${low} and ${high}, inclusive`;
export const NEGATIVE = 'must be greater than or equal to 0';
export const NOT_POSITIVE = 'must be greater than 0';
export const IMMUTABLE = 'field is immutable';
const EMPTY = 'must be non-empty';

/** Upstream's sentence for text that a pattern refuses; its doubled space before `or` is kept. */
function mismatch(message: string, pattern: string, ...examples: string[]): string {
  return `${message} (e.g. ${examples.map(e => `'${e}', `).join(' or ')}regex used for validation is '${pattern}')`;
}

export const dns1123Label: TextCheck = text => {
  const problems = text.length > 63 ? [maxLengthError(63)] : [];
  if (LABEL_RE.test(text)) return problems;
  if (SUBDOMAIN_RE.test(text)) return [...problems, 'must not contain dots'];
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...problems, mismatch(rule, LABEL, 'my-name', '123-abc')];
};
export const dns1123Subdomain: TextCheck = text => {
  const problems = text.length > 253 ? [maxLengthError(253)] : [];
  if (SUBDOMAIN_RE.test(text)) return problems;
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...problems, mismatch(rule, SUBDOMAIN, 'example.com')];
};
export const dns1035Label: TextCheck = text => {
  const problems = text.length > 63 ? [maxLengthError(63)] : [];
  if (DNS_1035_RE.test(text)) return problems;
  const rule =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...problems, mismatch(rule, DNS_1035, 'my-name', 'abc-123')];
};
export const wildcardSubdomain: TextCheck = text => {
  const problems = text.length > 253 ? [maxLengthError(253)] : [];
  if (text.startsWith('*.') && SUBDOMAIN_RE.test(text.slice(2))) return problems;
  const rule =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...problems, mismatch(rule, `\\*\\.${SUBDOMAIN}`, '*.example.com')];
};

/** A name in a URL path: the weakest rule (RBAC objects). @source apimachinery pkg/api/validation/path@eed236ceee2c */
export const pathSegmentName: TextCheck = text => {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%'].filter(c => text.includes(c)).map(c => `may not contain '${c}'`);
};

/** A label, annotation or finalizer key: an optional DNS prefix, a slash, a name. */
export const qualifiedName: TextCheck = text => {
  const parts = text.split('/');
  const problems: string[] = [];
  const rule = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  if (parts.length > 2) {
    const shape = `a valid label key ${rule}`;
    return [
      `${mismatch(shape, QUALIFIED, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1)!;
  if (parts.length === 2) {
    if (parts[0] === '') problems.push('prefix part must be non-empty');
    else problems.push(...dns1123Subdomain(parts[0]!).map(p => `prefix part ${p}`));
  }
  if (name === '') problems.push(`name part ${EMPTY}`);
  else if (name.length > 63) problems.push(`name part ${maxBytesError(63)}`);
  if (!QUALIFIED_RE.test(name)) problems.push(`name part ${mismatch(rule, QUALIFIED, 'MyName', 'my.name', '123-abc')}`);
  return problems;
};
export const labelValue: TextCheck = text => {
  const problems = text.length > 63 ? [maxBytesError(63)] : [];
  if (LABEL_VALUE_RE.test(text)) return problems;
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [...problems, mismatch(rule, LABEL_VALUE, 'MyValue', 'my_value', '12345')];
};

export const portName: TextCheck = text => {
  const problems: string[] = [];
  if (text.length > 15) problems.push(maxLengthError(15));
  if (!/^[-a-z0-9]+$/.test(text)) problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(text)) problems.push('must contain at least one letter (a-z)');
  if (text.includes('--')) problems.push('must not contain consecutive hyphens');
  if (text.startsWith('-') || text.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
};
export const portNumber = (port: number): string[] => (port >= 1 && port <= 65535 ? [] : [rangeError(1, 65535)]);

function leavesFolder(text: string): string[] {
  if (text === '.') return ["must not be '.'"];
  if (text === '..') return ["must not be '..'"];
  return text.startsWith('..') ? ["must not start with '..'"] : [];
}
export const configMapKey: TextCheck = text => {
  const problems = text.length > 253 ? [maxLengthError(253)] : [];
  if (!CONFIG_KEY_RE.test(text)) {
    problems.push(
      mismatch(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  return [...problems, ...leavesFolder(text)];
};
/** Printable ASCII but `=`: the relaxed rule, on by default since 1.34. */
export const envVarName: TextCheck = text => {
  if (text === '') return [`environment variable name ${EMPTY}`];
  return /^[ -<>-~]+$/.test(text)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
};
export const cIdentifier: TextCheck = text =>
  C_IDENTIFIER_RE.test(text)
    ? []
    : [
        mismatch(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          C_IDENTIFIER,
          'my_name',
          'MY_NAME',
          'MyName',
        ),
      ];
export const httpHeaderName: TextCheck = text =>
  HTTP_HEADER_RE.test(text)
    ? []
    : [mismatch("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER, 'X-Header-Name')];
export const percent: TextCheck = text =>
  PERCENT_RE.test(text)
    ? []
    : [mismatch("a valid percent string must be a numeric string followed by an ending '%'", PERCENT, '1%', '93%')];

/** A name to which something will be appended may end in a dash. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}
