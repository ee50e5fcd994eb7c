"""From data to a published model, in plain kfp.dsl: nothing here knows Skiff.

Run it with `npm run demo`, or by hand:
    python examples/lifecycle/pipeline.py --host http://127.0.0.1:8080 --token-file ~/.skiff/token
"""
import argparse
from typing import List, NamedTuple

from kfp import Client, dsl
from kfp.dsl import HTML, ClassificationMetrics, Collected, Dataset, Input, Metrics, Model, Output

SKLEARN = ["scikit-learn==1.7.2", "pandas==2.3.3"]


@dsl.component(base_image="python:3.11", packages_to_install=SKLEARN)
def load(data: Output[Dataset]):
    """Breast cancer (Wisconsin): 569 real cases, 30 measurements, shipped inside scikit-learn."""
    from sklearn.datasets import load_breast_cancer

    frame = load_breast_cancer(as_frame=True).frame
    frame.to_csv(data.path, index=False)
    data.metadata["rows"] = len(frame)
    data.metadata["columns"] = len(frame.columns)


@dsl.component(base_image="python:3.11", packages_to_install=SKLEARN)
def split(data: Input[Dataset], test_share: float, train: Output[Dataset], test: Output[Dataset]):
    import pandas
    from sklearn.model_selection import train_test_split

    frame = pandas.read_csv(data.path)
    parts = train_test_split(frame, test_size=test_share, random_state=7, stratify=frame["target"])
    for part, output in zip(parts, (train, test)):
        part.to_csv(output.path, index=False)
        output.metadata["rows"] = len(part)


@dsl.component(base_image="python:3.11", packages_to_install=SKLEARN)
def fit(train: Input[Dataset], depth: int, model: Output[Model], metrics: Output[Metrics]) -> float:
    """One candidate: gradient boosting of the given depth, judged by cross-validation."""
    import pickle

    import pandas
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import cross_val_score

    frame = pandas.read_csv(train.path)
    x, y = frame.drop(columns="target"), frame["target"]
    candidate = HistGradientBoostingClassifier(max_depth=depth, max_iter=60, random_state=7)
    score = float(cross_val_score(candidate, x, y, cv=3).mean())
    with open(model.path, "wb") as file:
        pickle.dump(candidate.fit(x, y), file)
    model.metadata["depth"] = depth
    metrics.log_metric("cv_accuracy", round(score, 4))
    return score


@dsl.component(base_image="python:3.11")
def choose(scores: List[float], models: Input[List[Model]], best: Output[Model]) -> NamedTuple("Choice", score=float, index=int):
    """The candidate with the highest score; the shallower one when two are equal."""
    import shutil

    index = max(range(len(scores)), key=lambda i: (scores[i], -i))
    shutil.copy(models[index].path, best.path)
    best.metadata.update(models[index].metadata)
    return (scores[index], index)


@dsl.component(base_image="python:3.11", packages_to_install=SKLEARN)
def evaluate(
    model: Input[Model], test: Input[Dataset], metrics: Output[Metrics], curves: Output[ClassificationMetrics], report: Output[HTML]
) -> float:
    import pickle

    import pandas
    from sklearn.metrics import accuracy_score, classification_report, confusion_matrix, roc_auc_score, roc_curve

    frame = pandas.read_csv(test.path)
    x, y = frame.drop(columns="target"), frame["target"]
    with open(model.path, "rb") as file:
        trained = pickle.load(file)
    predicted, chance = trained.predict(x), trained.predict_proba(x)[:, 1]
    accuracy = float(accuracy_score(y, predicted))
    metrics.log_metric("accuracy", round(accuracy, 4))
    metrics.log_metric("auc", round(float(roc_auc_score(y, chance)), 4))
    metrics.log_metric("test_rows", len(frame))
    false_rate, true_rate, thresholds = roc_curve(y, chance)
    curves.log_roc_curve(false_rate.tolist(), true_rate.tolist(), [min(float(t), 1.0) for t in thresholds])
    curves.log_confusion_matrix(["malignant", "benign"], confusion_matrix(y, predicted).tolist())
    with open(report.path, "w") as file:
        table = pandas.DataFrame(classification_report(y, predicted, output_dict=True)).T.round(3).to_html()
        file.write(f"<h1>Accuracy {accuracy:.3f}</h1>{table}")
    return accuracy


@dsl.component(base_image="python:3.11")
def publish(model: Input[Model], accuracy: float, published: Output[Model]):
    import shutil

    shutil.copy(model.path, published.path)
    published.metadata.update(model.metadata, accuracy=round(accuracy, 4), stage="production")
    print(f"published a model of depth {model.metadata['depth']} with accuracy {accuracy:.4f}")


@dsl.pipeline(name="lifecycle", description="Load, split, train candidates side by side, choose, evaluate, publish if good enough.")
def lifecycle(test_share: float = 0.25, required_accuracy: float = 0.9):
    loaded = load()
    parts = split(data=loaded.outputs["data"], test_share=test_share)
    with dsl.ParallelFor(items=[1, 2, 4], name="candidates") as depth:
        fitted = fit(train=parts.outputs["train"], depth=depth)
    chosen = choose(scores=Collected(fitted.outputs["Output"]), models=Collected(fitted.outputs["model"]))
    judged = evaluate(model=chosen.outputs["best"], test=parts.outputs["test"])
    with dsl.If(judged.outputs["Output"] >= required_accuracy, name="good enough"):
        publish(model=chosen.outputs["best"], accuracy=judged.outputs["Output"])


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--host", required=True)
    arguments.add_argument("--token-file", required=True)
    options = arguments.parse_args()
    with open(options.token_file) as file:
        client = Client(host=options.host, existing_token=file.read().strip())
    run = client.create_run_from_pipeline_func(lifecycle, arguments={})
    print(f"run_id={run.run_id}")
