"""kfp.local SubprocessRunner without venv: a chain of N trivial components; prints the wall time."""
import json
import sys
import time

from kfp import dsl, local

local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root="/tmp/skiff-bench-kfp-local")
steps = int(sys.argv[1])


@dsl.component
def step(nonce: str) -> str:
    return nonce


@dsl.pipeline
def chain():
    previous = step(nonce="x")
    for _ in range(steps - 1):
        previous = step(nonce=previous.output)


if steps == 1:
    step(nonce="warm")
    start = time.perf_counter()
    task = step(nonce="x")
else:
    start = time.perf_counter()
    chain()
print(json.dumps({"ms": (time.perf_counter() - start) * 1000}))
