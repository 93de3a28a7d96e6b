"""Trains XGBoost's built-in algorithm, and transforms new rows with the SDK, joined and filtered."""

import tempfile
from pathlib import Path

import numpy
import sagemaker
from answer import answer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.s3 import S3Downloader
from sklearn.datasets import load_digits

session = sagemaker.Session()
images, labels = load_digits(return_X_y=True)
SEEN = 1400


def uploaded(name, table):
    path = Path(tempfile.mkdtemp()) / name
    numpy.savetxt(path, table, fmt="%g", delimiter=",")
    return session.upload_data(str(path), key_prefix=f"transformed/{path.stem}")


estimator = Estimator(
    image_uri=sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"),
    role=sagemaker.get_execution_role(),
    instance_count=1,
    instance_type="ml.m5.large",
    sagemaker_session=session,
)
estimator.set_hyperparameters(objective="multi:softmax", num_class=10, num_round=10, max_depth=4)
train = uploaded("train.csv", numpy.column_stack([labels[:SEEN], images[:SEEN]]))
estimator.fit({"train": TrainingInput(train, content_type="text/csv")}, logs="None")

# The first column is an id that the model does not see.
ids = numpy.arange(len(labels) - SEEN) + 7000
rows = uploaded("rows.csv", numpy.column_stack([ids, images[SEEN:]]))
transformer = estimator.transformer(
    1,
    "ml.m5.large",
    strategy="MultiRecord",
    assemble_with="Line",
    accept="text/csv",
    max_payload=1,
    max_concurrent_transforms=2,
)
transformer.transform(
    rows,
    content_type="text/csv",
    split_type="Line",
    input_filter="$[1:]",
    join_source="Input",
    output_filter="$[0,-1]",
    wait=True,
    logs=False,
)
folder = tempfile.mkdtemp()
S3Downloader.download(transformer.output_path, folder, sagemaker_session=session)
found = numpy.loadtxt(next(Path(folder).rglob("rows.csv.out")), delimiter=",")
job = session.sagemaker_client.describe_transform_job(TransformJobName=transformer.latest_transform_job.name)
component = session.sagemaker_client.describe_trial_component(
    TrialComponentName=f"{job['TransformJobName']}-aws-transform-job"
)
answer(
    status=job["TransformJobStatus"],
    same_ids=bool((found[:, 0] == ids).all()),
    accuracy=float((found[:, 1] == labels[SEEN:]).mean()),
    model=component["InputArtifacts"]["SageMaker.ModelArtifact"]["Value"],
    trained=estimator.model_data,
    output=component["OutputArtifacts"]["TransformOutput"]["Value"],
    output_path=transformer.output_path,
)
