"""Train a convolutional network on handwritten digits with the SageMaker SDK, as on AWS.

Nothing in here knows of Clary: the same lines train on AWS.
"""

import io
import tarfile

import sagemaker
from sagemaker.pytorch import PyTorch

session = sagemaker.Session()
role = sagemaker.get_execution_role()
print(f"Role {role}\nBucket {session.default_bucket()}")

training = session.upload_data("data", key_prefix="digits")
print(f"Uploaded 5,000 handwritten digits to {training}")

estimator = PyTorch(
    entry_point="train.py",
    role=role,
    instance_type="ml.m5.xlarge",
    instance_count=1,
    framework_version="2.6",
    py_version="py312",
    hyperparameters={"epochs": 4, "lr": 0.002},
    metric_definitions=[{"Name": "test:accuracy", "Regex": "test accuracy ([0-9.]+)"}],
)
estimator.fit({"training": training})

job = session.describe_training_job(estimator.latest_training_job.name)
accuracy = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}["test:accuracy"]
bucket, _, key = estimator.model_data.removeprefix("s3://").partition("/")
archive = session.boto_session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
with tarfile.open(fileobj=io.BytesIO(archive)) as files:
    print(f"\nTest accuracy  {accuracy:.4f}")
    print(f"Model          {estimator.model_data} ({', '.join(files.getnames())}, {len(archive):,} bytes)")
print(f"Job            {job['TrainingJobName']}")
