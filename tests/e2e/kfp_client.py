"""Every call of the unmodified kfp client that this release serves, once, on real runs. Prints one line a proof."""
import sys
import time
import warnings

warnings.filterwarnings("ignore")
from kfp import Client, compiler, dsl  # noqa: E402

host, token_file, folder, nonce = sys.argv[1:5]
client = Client(host=host, existing_token=open(token_file).read().strip())


def say(what, value):
    print(f"{what}: {value}", flush=True)


@dsl.component(base_image="python:3.11")
def shout(text: str) -> str:
    return text.upper()


@dsl.container_component
def wait(seconds: int):
    return dsl.ContainerSpec(image="busybox", command=["sleep"], args=[seconds])


@dsl.container_component
def flaky(path: str):
    return dsl.ContainerSpec(image="busybox", command=["sh", "-c", 'test -e "$0"'], args=[path])


@dsl.pipeline(name="shouting")
def shouting(text: str = "x") -> str:
    first = shout(text=text)
    return shout(text=f"{first.output}!").output


@dsl.pipeline(name="waiting")
def waiting(seconds: int = 600):
    wait(seconds=seconds)


@dsl.pipeline(name="stumbling")
def stumbling(path: str):
    first = shout(text="kept")
    flaky(path=path).after(first)


package = f"{folder}/shouting.yaml"
compiler.Compiler().compile(shouting, package)
pipeline = client.upload_pipeline(package, pipeline_name=f"shouting-{nonce}", description="in capitals")
say("uploaded", pipeline.display_name)
version = client.upload_pipeline_version(package, pipeline_version_name="second", pipeline_id=pipeline.pipeline_id)
say("versions", sorted(v.display_name for v in client.list_pipeline_versions(pipeline.pipeline_id).pipeline_versions))
say("found by name", client.get_pipeline_id(f"shouting-{nonce}") == pipeline.pipeline_id)
say("listed", pipeline.pipeline_id in [p.pipeline_id for p in client.list_pipelines(page_size=50).pipelines])

experiment = client.create_experiment(f"capitals-{nonce}")
run = client.run_pipeline(
    experiment.experiment_id, "by version", pipeline_id=pipeline.pipeline_id, version_id=version.pipeline_version_id, params={"text": nonce}
)
done = client.wait_for_run_completion(run.run_id, timeout=120, sleep_duration=1)
say("by version", done.state)
again = client.create_run_from_pipeline_func(shouting, arguments={"text": nonce}, experiment_name=f"capitals-{nonce}")
say("from function", again.wait_for_run_completion(timeout=120).state)
listed = client.list_runs(experiment_id=experiment.experiment_id, sort_by="created_at desc").runs
say("runs listed", [r.run_id for r in listed] == [again.run_id, run.run_id])
details = client.get_run(run.run_id)
say("tasks", sorted({t.display_name for t in details.run_details.task_details if t.display_name.startswith("shout")}))

long = client.create_run_from_pipeline_func(waiting, arguments={})
while client.get_run(long.run_id).state != "RUNNING" or not any(
    t.state == "RUNNING" and t.display_name == "wait" for t in client.get_run(long.run_id).run_details.task_details or []
):
    time.sleep(0.1)
started = time.monotonic()
client.terminate_run(long.run_id)
say("terminating", client.get_run(long.run_id).state)
ended = client.wait_for_run_completion(long.run_id, timeout=60, sleep_duration=1)
say("terminated", f"{ended.state}, {ended.error.message}, history {[s.state for s in ended.state_history]}")

mark = f"{folder}/mark"
failed = client.create_run_from_pipeline_func(stumbling, arguments={"path": "/nowhere/at/all"})
say("failed", client.wait_for_run_completion(failed.run_id, timeout=60, sleep_duration=1).state)
client._run_api.run_service_retry_run(failed.run_id)
say("retried", client.wait_for_run_completion(failed.run_id, timeout=60, sleep_duration=1).state)

client.archive_run(run.run_id)
say("archived", client.get_run(run.run_id).storage_state)
client.unarchive_run(run.run_id)
client.delete_run(again.run_id)
try:
    client.get_run(again.run_id)
except Exception as error:
    say("deleted", error.status)
client.archive_experiment(experiment.experiment_id)
say("experiment archived", client.get_experiment(experiment.experiment_id).storage_state)
client.delete_pipeline_version(pipeline.pipeline_id, version.pipeline_version_id)
for v in client.list_pipeline_versions(pipeline.pipeline_id).pipeline_versions or []:
    client.delete_pipeline_version(pipeline.pipeline_id, v.pipeline_version_id)
client.delete_pipeline(pipeline.pipeline_id)
say("health", client.get_kfp_healthz().multi_user)
