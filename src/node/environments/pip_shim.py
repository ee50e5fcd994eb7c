"""`python3 -m pip` of a layer: what the layer already satisfies returns at once, all else is pip's own work.

`layer.requests` beside the interpreter has flags and options to overlook in its first two lines, the host's index in the
third, then one request a line; parts are separated by U+001F. Imports are kept to what the interpreter has loaded anyway.
"""
import os
import sys

SEPARATOR = "\x1f"
PUBLIC = ("https://pypi.org/simple", "https://pypi.python.org/simple")


def canonical(args, flags, options):
    kept, i = [], 0
    while i < len(args):
        arg = args[i]
        i += 1
        name, equals, value = arg.partition("=") if arg.startswith("--") else (arg, "", "")
        if arg in flags:
            continue
        if name in options:
            i += 0 if equals else 1
        elif equals:
            kept += [name, value]
        else:
            kept.append(arg)
    return kept


def with_host_index(argv, index):
    replaced = []
    for i, arg in enumerate(argv):
        before = argv[i - 1] if i else ""
        url = arg[len("--index-url="):] if arg.startswith("--index-url=") else arg if before in ("-i", "--index-url") else ""
        replaced.append(arg.replace(url, index) if url and url.rstrip("/") in PUBLIC else arg)
    if replaced != argv:
        print("skiff: the public package index is replaced by the configured one", file=sys.stderr)
    return replaced


def run():
    argv = sys.argv[1:]
    record = None
    if argv and argv[0] == "install":
        try:
            with open(os.path.join(sys.prefix, "layer.requests"), encoding="utf-8") as file:
                flags, options, index, *requests = file.read().split("\n")
            request = SEPARATOR.join(canonical(argv[1:], flags.split(SEPARATOR), options.split(SEPARATOR)))
            if request in requests:
                return 0
            record = os.path.join(sys.prefix, "layer.installed"), request
            if index:
                argv = sys.argv[1:] = with_host_index(argv, index)
        except OSError:
            pass
    from pip._internal.cli.main import main

    code = main(argv)
    if not code and record:
        try:
            with open(record[0], "a", encoding="utf-8") as file:
                file.write(record[1] + "\n")
        except OSError:
            pass  # a read-only layer: the install went to the user's folder and ends with the Pod
    return code


if __name__ == "__main__":
    if sys.path and sys.path[0] in ("", os.getcwd()):
        sys.path.pop(0)
    sys.exit(run())
