"""Finds a model for irises with AutoML, AutoMLV2 and what belongs to them."""

import json
import tempfile
from pathlib import Path

import sagemaker
from answer import answer
from sagemaker import Predictor
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.automl.automl import AutoML
from sagemaker.automl.automlv2 import AutoMLDataChannel, AutoMLTabularConfig, AutoMLV2
from sagemaker.automl.candidate_estimator import CandidateEstimator
from sagemaker.s3 import S3Downloader
from sagemaker.serializers import CSVSerializer
from sklearn.datasets import load_iris

session = sagemaker.Session()
client = session.sagemaker_client
role = sagemaker.get_execution_role()


def in_service(name):
    # The SDK would look again after 30 seconds.
    client.get_waiter("endpoint_in_service").wait(
        EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )


def run_notebook(location):
    """Runs all code cells of a notebook, and returns what they have defined."""
    notebook = json.loads(S3Downloader.read_file(location, sagemaker_session=session))
    found = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), found)
    return found


table = load_iris(as_frame=True).frame.sample(frac=1.0, random_state=0)
table["target"] = table["target"].map({0: "setosa", 1: "versicolor", 2: "virginica"})
path = Path(tempfile.mkdtemp()) / "iris.csv"
table[:110].to_csv(path, index=False)
unseen, kinds = table[110:].drop(columns="target"), list(table["target"][110:])

# The definitions only, with the first interface: the analysis, its notebooks, no candidate.
planned = AutoML(
    role=role,
    target_attribute_name="target",
    generate_candidate_definitions_only=True,
    mode="HYPERPARAMETER_TUNING",
    sagemaker_session=session,
)
planned.fit(str(path), job_name="iris-plan", logs=False)
plan = planned.describe_auto_ml_job()

# The whole, with the second one; the best is deployed by itself.
data = session.upload_data(str(path), key_prefix="iris-data")
search = AutoMLV2(
    problem_config=AutoMLTabularConfig(
        target_attribute_name="target",
        mode="ENSEMBLING",
        algorithms_config=["linear-learner"],
        problem_type="MulticlassClassification",
        max_candidates=2,
    ),
    job_objective={"MetricName": "Accuracy"},
    validation_fraction=0.25,
    endpoint_name="iris-at-once",
    role=role,
    tags=[{"Key": "team", "Value": "a"}],
    sagemaker_session=session,
)
search.fit(AutoMLDataChannel("S3Prefix", data), job_name="iris", wait=False)
session.wait_for_auto_ml_job("iris", poll=1)
told = search.describe_auto_ml_job()
best = search.best_candidate()

# Another notebook attaches, and works with the candidates.
attached = AutoML.attach("iris", sagemaker_session=session)
ranked = attached.list_candidates(sort_by="FinalObjectiveMetricValue", sort_order="Descending")
steps = CandidateEstimator(best, session).get_steps()
locations = best["CandidateProperties"]["CandidateArtifactLocations"]
files = {"Explainability": "analysis.json", "ModelInsights": "statistics.json"}
reports = {
    name: json.loads(S3Downloader.read_file(f"{locations[name]}/{file}", sagemaker_session=session))
    for name, file in files.items()
}
explored, defined = (
    run_notebook(told["AutoMLJobArtifacts"][f"{name}NotebookLocation"])
    for name in ("DataExploration", "CandidateDefinition")
)
runs = ExperimentAnalytics(experiment_name="iris-aws-auto-ml-job", sagemaker_session=session).dataframe()

rows = unseen.to_csv(index=False, header=False)
at_once = Predictor("iris-at-once", session, serializer=CSVSerializer()).predict(rows).decode()
predictor = attached.deploy(
    1,
    "ml.m5.large",
    serializer=CSVSerializer(),
    candidate=ranked[-1],
    endpoint_name="iris-chosen",
    inference_response_keys=["predicted_label", "probability"],
    predictor_cls=Predictor,
    wait=False,
)
in_service("iris-chosen")
chosen = predictor.predict(rows).decode()

model = attached.create_model("iris-batch", inference_response_keys=["predicted_label"])
transformer = model.transformer(1, "ml.m5.large", assemble_with="Line", accept="text/csv")
batch = session.upload_string_as_file_body(rows, session.default_bucket(), "iris-rows/rows.csv")
transformer.transform(batch, content_type="text/csv", split_type="Line", logs=False)
transformed = S3Downloader.read_file(f"{transformer.output_path}/rows.csv.out", sagemaker_session=session)
for name in ("iris-at-once", "iris-chosen"):
    client.delete_endpoint(EndpointName=name)


def right(labels):
    return sum(label == kind for label, kind in zip(labels, kinds, strict=True)) / len(kinds)


answer(
    plan=[plan["AutoMLJobStatus"], plan["AutoMLJobSecondaryStatus"], "BestCandidate" in plan],
    status=[told["AutoMLJobStatus"], told["AutoMLJobSecondaryStatus"]],
    resolved=told["ResolvedAttributes"],
    deployed=told.get("ModelDeployResult"),
    partial=told.get("PartialFailureReasons"),
    best=best["CandidateName"],
    attached=attached.best_candidate()["CandidateName"],
    ranked=[candidate["FinalAutoMLJobObjectiveMetric"]["Value"] for candidate in ranked],
    metrics=sorted(
        metric["StandardMetricName"]
        for metric in best["CandidateProperties"]["CandidateMetrics"]
        if metric["Set"] == "Validation"
    ),
    steps=[step["CandidateStepType"] for step in best["CandidateSteps"]],
    trained=[step.name for step in steps],
    channels=[channel["ChannelName"] for channel in steps[0].inputs],
    quality=sorted(reports["ModelInsights"]),
    explained=sorted(reports["Explainability"]),
    explored=len(explored["rows"]),
    defined=[list(defined["leaders"]["status"]), defined["best"], sorted(defined["candidates"])],
    runs=len(runs),
    columns=sorted(runs.columns),
    tags=client.list_tags(ResourceArn=told["AutoMLJobArn"])["Tags"],
    at_once=right(at_once.split()),
    chosen=right([line.split(",")[0] for line in chosen.split()]),
    probabilities=[float(line.split(",")[1]) for line in chosen.split()],
    transformed=right(transformed.split()),
)
