"""Everything that ``sagemaker.experiments.Run`` and the smexperiments tracker log, and what is there then."""

import datetime
import json
import logging
import tempfile
import time
import warnings
from pathlib import Path

import numpy
import pandas
import sagemaker
from answer import answer, arguments
from sagemaker.experiments import Run, list_runs, load_run
from sagemaker.experiments.run import SortByType, SortOrderType
from smexperiments.tracker import Tracker

warnings.simplefilter("ignore")
logging.getLogger("sagemaker").setLevel(logging.ERROR)
given = arguments()
STEPS, NAME = given["steps"], given["name"]

session = sagemaker.Session()
client, s3 = session.sagemaker_client, session.boto_session.client("s3")
metrics = session.boto_session.client("sagemaker-metrics")
folder = Path(tempfile.mkdtemp())
(folder / "notes.txt").write_text("what we saw")
(folder / "table.csv").write_text("x,y\n1,2\n")
for name in ("alone", "input", "output"):
    (folder / f"{name}.txt").write_text(name)
many = folder / "many"
many.mkdir()
(many / "one.txt").write_text("1")
(many / "two.txt").write_text("2")
TRUE, PREDICTED, SCORES = [0, 1, 1, 0], [0, 1, 0, 0], [0.1, 0.9, 0.6, 0.7]
# The SDK refuses times of more than two weeks ago.
AT = datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0) - datetime.timedelta(
    hours=1
)


def read(uri):
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def lineage(arn):
    """Type, direction and content of each lineage artifact of a component, by its name."""
    found = {}
    for wish, direction in (("SourceArn", "out"), ("DestinationArn", "in")):
        other = "SourceArn" if wish == "DestinationArn" else "DestinationArn"
        for page in client.get_paginator("list_associations").paginate(**{wish: arn}):
            for edge in page["AssociationSummaries"]:
                artifact = client.describe_artifact(ArtifactArn=edge[other])
                types = artifact["Source"].get("SourceTypes", [])
                if artifact["ArtifactType"] not in ("DataSet", "Image", "Code", "Model"):
                    found[artifact["ArtifactName"]] = {
                        "type": artifact["ArtifactType"],
                        "direction": direction,
                        "etag": [kind["SourceIdType"] for kind in types] == ["S3ETag"],
                        "content": parsed(read(artifact["Source"]["SourceUri"])),
                    }
    return found


def series(arn, name, statistic="Last", axis="IterationNumber", period="IterationNumber"):
    (found,) = metrics.batch_get_metrics(
        MetricQueries=[
            {
                "MetricName": name,
                "ResourceArn": arn,
                "MetricStat": statistic,
                "Period": period,
                "XAxisType": axis,
            }
        ]
    )["MetricQueryResults"]
    assert found["Status"] == "Complete", found
    return [found["XAxisValues"], found["MetricValues"]]


with Run(
    experiment_name=NAME,
    run_name="everything",
    run_display_name="Everything",
    tags=[{"Key": "team", "Value": "vision"}],
    sagemaker_session=session,
    artifact_prefix="runs",
) as run:
    run.log_parameter("text", "sgd")
    run.log_parameter("whole", 3)
    run.log_parameters({"real": 0.25, "long": "x" * 2500, "empty": ""})
    run.log_parameter("of numpy", float(numpy.float32(0.5)))
    began = time.monotonic()
    for step in range(STEPS):
        run.log_metric("loss", 1.0 / (step + 1), step=step)
    logging_s = time.monotonic() - began
    # Late, repeated and out of order; and without a step.
    for minute in (2, 0, 1, 1):
        run.log_metric("late", float(minute), timestamp=AT + datetime.timedelta(minutes=minute), step=minute)
    for value in (1.0, 2.0, 3.0):
        run.log_metric("stepless", value)
    run.log_file(str(folder / "notes.txt"))
    run.log_file(str(folder / "table.csv"), name="rows", media_type="text/csv", is_output=False)
    run.log_file(
        str(folder / "table.csv"), name="tagged", extra_args={"Metadata": {"kept": "yes"}}, is_output=True
    )
    run.log_artifact("model", "s3://somewhere/model.tar.gz", media_type="application/gzip")
    run.log_artifact("dataset", "s3://somewhere/data", is_output=False)
    run.log_confusion_matrix(TRUE, PREDICTED, title="confusion")
    run.log_precision_recall(TRUE, SCORES, title="precision-recall", positive_label=1, no_skill=0)
    run.log_roc_curve(TRUE, SCORES, title="roc", is_output=False)
    run.log_roc_curve(numpy.array(TRUE), numpy.array(SCORES), title="roc-of-arrays")

with load_run(experiment_name=NAME, run_name="everything", sagemaker_session=session) as again:
    again.log_parameter("text", "adam")
    again.log_confusion_matrix(TRUE, TRUE, title="second")
    loaded = again.run_name

for name in ("b", "a"):
    with Run(experiment_name=NAME, run_name=name, sagemaker_session=session):
        pass


def runs(**wishes):
    return [each.run_name for each in list_runs(experiment_name=NAME, sagemaker_session=session, **wishes)]


now = datetime.datetime.now(datetime.UTC)
listed = {
    "newest": runs(),
    "by_name": runs(sort_by=SortByType.NAME, sort_order=SortOrderType.ASCENDING),
    "later": runs(created_after=now + datetime.timedelta(hours=1)),
    "before": runs(created_before=now + datetime.timedelta(hours=1)),
}

with Tracker.create(display_name="Table", sagemaker_boto_client=client) as tracker:
    tracker.log_parameters({"number": 1, "word": "two"})
    tracker.log_input("raw", "s3://somewhere/raw", media_type="s3/uri")
    tracker.log_output("clean", "s3://somewhere/clean")
    tracker.log_artifact(str(folder / "alone.txt"), name="alone")
    tracker.log_artifacts(str(many))
    tracker.log_input_artifact(str(folder / "input.txt"), name="input-file", media_type="text/plain")
    tracker.log_output_artifact(str(folder / "output.txt"), name="output-file", media_type="text/plain")
    tracker.log_table("values", values={"x": [1, 2], "y": ["a", "b"]})
    tracker.log_table("frame", data_frame=pandas.DataFrame({"z": [1.5]}), output_artifact=False)
    tracker.log_confusion_matrix(TRUE, PREDICTED, title="tracker-confusion")
    tracker.log_precision_recall(TRUE, SCORES, title="tracker-precision")
    tracker.log_roc_curve(TRUE, SCORES, title="tracker-roc")
tracked = client.describe_trial_component(TrialComponentName=tracker.trial_component.trial_component_name)
with Tracker.load(trial_component_name=tracked["TrialComponentName"], sagemaker_boto_client=client) as same:
    same.log_parameter("number", 2)
tracked = client.describe_trial_component(TrialComponentName=tracked["TrialComponentName"])

component = client.describe_trial_component(TrialComponentName=f"{NAME}-everything")
arn = component["TrialComponentArn"]
tagged = component["OutputArtifacts"]["tagged"]["Value"]
bucket, _, key = tagged.removeprefix("s3://").partition("/")
steps, losses = series(arn, "loss")
answer(
    component=json.loads(json.dumps(component, default=str)),
    contents={
        name: read(artifact["Value"])
        for member in ("InputArtifacts", "OutputArtifacts")
        for name, artifact in component[member].items()
        if "/runs/" in artifact["Value"]
    },
    metadata=s3.head_object(Bucket=bucket, Key=key)["Metadata"],
    tags=client.list_tags(ResourceArn=arn)["Tags"],
    lineage=lineage(arn),
    all_losses=(steps, losses) == (list(range(STEPS)), [1.0 / (step + 1) for step in range(STEPS)]),
    late=series(arn, "late", "Count"),
    at=AT.timestamp(),
    late_by_time=series(arn, "late", "Avg", "Timestamp", "OneMinute"),
    stepless={
        metric["MetricName"]: [metric["Count"], metric["Avg"], metric["Max"]]
        for metric in component["Metrics"]
    }["stepless"],
    logging_s=logging_s,
    loaded=loaded,
    listed=listed,
    tracked=json.loads(json.dumps(tracked, default=str)),
    tracked_contents={
        name: read(artifact["Value"])
        for name, artifact in tracked["OutputArtifacts"].items()
        if "/trial-component-artifacts/" in artifact["Value"]
    },
    tracked_lineage=lineage(tracked["TrialComponentArn"]),
)
