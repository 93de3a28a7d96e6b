"""One training on demand, and the same on spot with checkpoints, which is interrupted while it runs."""

import sagemaker
from answer import answer, code, listening
from sagemaker.estimator import Estimator

session = sagemaker.Session()


def trained(**members: object) -> dict:
    estimator = Estimator(
        image_uri="python:3.11",
        entry_point="on_spot.py",
        source_dir=code("on_spot.py"),
        role=sagemaker.get_execution_role(),
        instance_type="ml.m5.large",
        instance_count=1,
        max_run=600,
        **members,
    )
    with listening() as heard:
        estimator.fit(wait=True, logs="All")
    described = session.describe_training_job(estimator.latest_training_job.name)
    bucket, _, key = estimator.model_data.removeprefix("s3://").partition("/")
    model = session.boto_session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return {
        "said": heard.getvalue(),
        "statuses": [step["Status"] for step in described["SecondaryStatusTransitions"]],
        "billable": described["BillableTimeInSeconds"],
        "training": described["TrainingTimeInSeconds"],
        "weights": weights_of(model),
    }


def weights_of(archive: bytes) -> dict:
    import io
    import json
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return json.load(files.extractfile("weights.json"))


answer(
    on_demand=trained(hyperparameters={"seconds": 1}, base_job_name="on-demand"),
    on_spot=trained(
        hyperparameters={"seconds": 1, "wait-at": 30},
        base_job_name="on-spot",
        use_spot_instances=True,
        max_wait=1200,
        checkpoint_s3_uri=f"s3://{session.default_bucket()}/on-spot/checkpoints",
    ),
)
