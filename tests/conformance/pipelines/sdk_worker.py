"""Acts on Skiff with the unmodified kfp SDK. One JSON request a line on stdin, one JSON answer a line on stdout."""
import concurrent.futures
import json
import sys
import threading
import traceback
import warnings

warnings.filterwarnings("ignore")
import kfp  # noqa: E402

POLL_SECONDS = 1
host, token = sys.argv[1], open(sys.argv[2]).read().strip()
client = kfp.Client(host=host, existing_token=token)
answers, stdout = threading.Lock(), sys.stdout
sys.stdout = sys.stderr  # the SDK prints links


def upload(request):
    return {"pipeline_id": client.upload_pipeline(request["file"], pipeline_name=request["name"]).pipeline_id}


def run(request):
    created = client.create_run_from_pipeline_package(
        request["file"], arguments=request["arguments"], run_name=request["name"], enable_caching=request.get("caching")
    )
    done = client.wait_for_run_completion(created.run_id, timeout=request["timeout"], sleep_duration=POLL_SECONDS)
    error = done.error.message if done.error else None
    return {"run_id": created.run_id, "state": done.state, "error": error}


def serve(line):
    request = json.loads(line)
    try:
        answer = {"result": {"upload": upload, "run": run}[request["call"]](request)}
    except Exception as error:  # every failure is an answer: the checker judges it
        answer = {"error": str(error), "status": getattr(error, "status", None), "trace": traceback.format_exc()[-2000:]}
    with answers:
        print(json.dumps({"id": request["id"], **answer}), file=stdout, flush=True)


with concurrent.futures.ThreadPoolExecutor(8) as pool:
    for text in sys.stdin:
        pool.submit(serve, text)
