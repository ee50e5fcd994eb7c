import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalRequest, detectRequests, uvArguments } from './pip-requests.ts';

const ENSURE =
  '\nif ! [ -x "$(command -v pip)" ]; then\n    python3 -m ensurepip || python3 -m ensurepip --user || apt-get install python3-pip\nfi\n\n';
const KFP = `${ENSURE}PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip install --quiet --no-warn-script-location 'kfp==2.14.3' '--no-deps' 'typing-extensions>=3.7.4,<5; python_version<"3.9"' && "$0" "$@"\n`;
const KFP_REQUEST = ['kfp==2.14.3', '--no-deps', 'typing-extensions>=3.7.4,<5; python_version<"3.9"'];
const TWO = KFP.replace(' && "$0"', " && python3 -m pip install --quiet 'numpy' 'pandas==2.2.0' && \"$0\"");
const VENV = `${ENSURE}PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip install --quiet --no-warn-script-location --index-url https://pypi.org/simple --trusted-host https://pypi.org/simple 'yapf'  &&  \nexport PIP_DISABLE_PIP_VERSION_CHECK=1\ntmp=$(mktemp -d)\npython3 -m venv "$tmp/venv" --system-site-packages\n. "$tmp/venv/bin/activate"\n python3 -m pip install --quiet --index-url https://pypi.org/simple 'kfp==2.14.3' '--no-deps' && "$0" "$@"\n`;

const YAPF = ['--index-url', 'https://pypi.org/simple', 'yapf'];
const TABLE: [string, string[], { requests: string[][]; more: boolean }][] = [
  ['the KFP bootstrap', ['sh', '-c', KFP, 'sh', '-ec', 'program'], { requests: [KFP_REQUEST], more: false }],
  ['two installs in a row', ['sh', '-c', TWO], { requests: [KFP_REQUEST, ['numpy', 'pandas==2.2.0']], more: false }],
  [
    'what a venv over the system packages will find there',
    ['sh', '-c', VENV],
    { requests: [YAPF, ['--index-url', 'https://pypi.org/simple', 'kfp==2.14.3', '--no-deps']], more: false },
  ],
  [
    'nothing that a venv has in another version',
    ['sh', '-c', VENV.replace("'kfp==2.14.3'", "'yapf==0.1'")],
    { requests: [YAPF], more: true },
  ],
  ['nothing of a venv of its own', ['sh', '-c', VENV.replace('--system-site-packages', '')], { requests: [YAPF], more: true }],
  ['command and args', ['bash', '-c', 'pip3 install -q six\npython main.py'], { requests: [['six']], more: false }],
  ['a continued line', ['sh', '-ec', 'pip install \\\n  six \\\n  attrs'], { requests: [['six', 'attrs']], more: false }],
  ['nothing conditional', ['sh', '-c', 'if true; then pip install six; fi'], { requests: [], more: true }],
  ['no alternative', ['sh', '-c', 'true || pip install six'], { requests: [], more: true }],
  ['no variables', ['sh', '-c', 'pip install $PACKAGES'], { requests: [], more: true }],
  ['no files', ['sh', '-c', 'pip install -r requirements.txt'], { requests: [], more: true }],
  ['no comment', ['sh', '-c', '# pip install six\ntrue'], { requests: [], more: true }],
  ['no pip at all', ['python3', '-c', 'print(1)'], { requests: [], more: false }],
  ['no other program', ['sh', '-c', 'apt-get install python3-pip'], { requests: [], more: false }],
];
for (const [name, argv, expected] of TABLE) test(`detects ${name}`, () => assert.deepEqual(detectRequests(argv), expected));

test('drops what concerns output only', () => {
  assert.deepEqual(canonicalRequest(['-q', '--progress-bar', 'off', '--timeout=9', 'six', '--index-url=https://x/simple']), [
    'six',
    '--index-url',
    'https://x/simple',
  ]);
  assert.equal(canonicalRequest(['--quiet']), undefined);
  assert.equal(canonicalRequest(['git+https://github.com/a/b']), undefined);
  assert.equal(canonicalRequest(['-e', '.']), undefined);
});
test('the public index gives way to the configured one', () => {
  const request = ['--index-url', 'https://pypi.org/simple', 'yapf'];
  assert.deepEqual(uvArguments(request, 'https://mirror/simple'), {
    args: ['--default-index', 'https://mirror/simple', 'yapf'],
    replacedIndex: true,
  });
  assert.deepEqual(uvArguments(request, undefined), {
    args: ['--default-index', 'https://pypi.org/simple', 'yapf'],
    replacedIndex: false,
  });
  assert.deepEqual(uvArguments(['-i', 'https://own/simple', 'a', '--pre'], 'https://mirror/simple').args, [
    '--default-index',
    'https://own/simple',
    'a',
    '--prerelease',
    'allow',
  ]);
});
