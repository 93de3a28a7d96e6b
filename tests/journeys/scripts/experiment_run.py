"""``sagemaker.experiments.Run``: everything it can log, read back through the SDK and through boto3."""

import json
import logging
import tempfile
import warnings
from pathlib import Path

import sagemaker
from answer import answer, arguments
from sagemaker.experiments import Run, list_runs, load_run

warnings.simplefilter("ignore")
logging.getLogger("sagemaker").setLevel(logging.ERROR)
STEPS = arguments()["steps"]

session = sagemaker.Session()
client, s3 = session.sagemaker_client, session.boto_session.client("s3")
folder = Path(tempfile.mkdtemp())
(folder / "notes.txt").write_text("what we saw")

with Run(experiment_name="Run-Journey", run_name="First", sagemaker_session=session) as run:
    run.log_parameter("optimizer", "sgd")
    run.log_parameters({"lr": 0.1, "layers": 3})
    for step in range(STEPS):
        run.log_metric("loss", 1.0 / (step + 1), step=step)
    run.log_file(str(folder / "notes.txt"), name="notes", is_output=True)
    run.log_artifact("dataset", "s3://somewhere/data", media_type="text/csv", is_output=False)
    # The methods below need scikit-learn, as they do for everybody.
    run.log_confusion_matrix([0, 1, 1], [0, 1, 0], title="confusion")
    run.log_precision_recall([0, 1, 1], [0.1, 0.9, 0.6], title="precision-recall")
    run.log_roc_curve([0, 1, 1], [0.1, 0.9, 0.6], title="roc")
    with load_run() as same:
        same.log_parameter("loaded", "yes")
        config = run.experiment_config

with load_run(experiment_name="Run-Journey", run_name="First", sagemaker_session=session) as again:
    again.log_metric("late", 5.0)

with Run(experiment_name="Run-Journey", run_name="Second", sagemaker_session=session):
    pass

try:
    with Run(experiment_name="Run-Journey", run_name="Third", sagemaker_session=session):
        raise RuntimeError("it went wrong")
except RuntimeError:
    pass

runs = list_runs(experiment_name="Run-Journey", sagemaker_session=session)
component = client.describe_trial_component(TrialComponentName="run-journey-first")
third = client.describe_trial_component(TrialComponentName="run-journey-third")
associated = []
for wish in (
    {"SourceArn": component["TrialComponentArn"]},
    {"DestinationArn": component["TrialComponentArn"]},
):
    for page in client.get_paginator("list_associations").paginate(**wish):
        associated += page["AssociationSummaries"]
notes = component["OutputArtifacts"]["notes"]["Value"]
bucket, _, key = notes.removeprefix("s3://").partition("/")
answer(
    config=config,
    runs=[run.run_name for run in runs],
    component=json.loads(json.dumps(component, default=str)),
    third=json.loads(json.dumps(third["Status"])),
    associated=[
        [each["SourceType"], each["AssociationType"], each["DestinationType"]] for each in associated
    ],
    notes=s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(),
    tags=client.list_tags(ResourceArn=component["TrialComponentArn"])["Tags"],
)
