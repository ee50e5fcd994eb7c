"""Prefect, its own ephemeral server: a chain of N tasks that each run `true`; prints the wall time."""
import json
import subprocess
import sys
import time

from prefect import flow, task

steps = int(sys.argv[1])


@task
def step(previous: int) -> int:
    return subprocess.run(["true"]).returncode


@flow
def chain(count: int):
    result = 0
    for _ in range(count):
        result = step(result)


chain(1)
start = time.perf_counter()
chain(steps)
print(json.dumps({"ms": (time.perf_counter() - start) * 1000}))
