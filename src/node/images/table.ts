/** What stands for images that match: programs of this host, or a Python environment on its interpreter. */
export type CatalogueEntry = {
  /** Patterns of `registry/repository`, `*` within and across parts; the first entry that matches wins. */
  match: readonly string[];
  kind: 'userland' | 'python' | 'refused';
  /** ENTRYPOINT and CMD. */
  entrypoint?: readonly string[];
  cmd?: readonly string[];
  env?: Readonly<Record<string, string>>;
  workingDir?: string;
  /** Programs without which the image is unknown here. */
  programs?: readonly string[];
  /** What the Python environment has from the start. */
  requirements?: readonly string[];
  /** Small scripts the image brings, by absolute path. */
  files?: Readonly<Record<string, string>>;
  /** Why `refused` images are not run here. */
  message?: string;
};

/** @source argoproj-labs/argosay: the little program of Argo's own examples (behaviour, not code) */
const ARGOSAY = `#!/bin/sh
# echo TEXT [FILE] | cat FILE... | sleep SECONDS | exit [CODE] | random_int FILE
[ $# -eq 0 ] && { echo "hello argo!"; exit 0; }
do=$1; shift
case "$do" in
  assert_contains) grep -q -- "$2" "$1" || { echo "$1 does not contain $2" >&2; exit 1; } ;;
  cat) cat "$@" ;;
  echo) if [ $# -gt 1 ]; then mkdir -p "$(dirname "$2")"; echo "$1" > "$2"; else echo "\${1:-}"; fi ;;
  exit) exit "\${1:-0}" ;;
  sleep) sleep "\${1%s}" ;;
  stop) trap "exit 0" TERM; sleep infinity & wait ;;
  *) echo "usage: argosay [assert_contains|cat|echo|exit|sleep|stop]" >&2; exit 1 ;;
esac
`;
const COWSAY = `#!/bin/sh
text="$*"
line=$(printf '%*s' "$((\${#text} + 2))" '' | tr ' ' '-')
printf ' %s\\n< %s >\\n %s\\n    \\\\\\n     \\\\ (whale)\\n' "$line" "$text" "$line"
`;

/** The built-in catalogue. `$SKIFF_HOME/images.yaml` is asked before it. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  { match: ['*/argostub/*'], kind: 'refused', message: 'the pipelines engine performs this step itself' },
  {
    match: ['docker.io/library/busybox', '*/containerd/busybox', '*/busybox', 'docker.io/library/alpine', '*/alpine'],
    kind: 'userland',
    cmd: ['sh'],
  },
  { match: ['docker.io/library/bash', '*/bash'], kind: 'userland', entrypoint: ['bash'], programs: ['bash'] },
  {
    match: ['docker.io/library/debian', 'docker.io/library/ubuntu', '*/ubuntu', '*/debian', '*/ubi*-minimal', '*/ubi-minimal'],
    kind: 'userland',
    cmd: ['bash'],
    programs: ['bash'],
  },
  { match: ['*/argoproj/argosay'], kind: 'userland', entrypoint: ['/argosay'], files: { '/argosay': ARGOSAY } },
  { match: ['*/docker/whalesay'], kind: 'userland', cmd: ['cowsay', 'hello'], files: { '/usr/local/bin/cowsay': COWSAY } },
  {
    match: ['*/pause', '*/pause-*'],
    kind: 'userland',
    entrypoint: ['/pause'],
    files: { '/pause': '#!/bin/sh\ntrap "exit 0" TERM INT\nsleep infinity &\nwait\n' },
  },
  { match: ['*/jetbrainsinfra/jq', '*/jq'], kind: 'userland', entrypoint: ['jq'], programs: ['jq'] },
  { match: ['*/curlimages/curl', '*/curl'], kind: 'userland', entrypoint: ['curl'], programs: ['curl'] },
  { match: ['*/git', '*/alpine-git', '*/git-clone'], kind: 'userland', entrypoint: ['git'], programs: ['git'] },
  { match: ['*python*', '*/jupyter*'], kind: 'python', cmd: ['python3'] },
  { match: ['docker.io/library/*'], kind: 'userland' },
];
