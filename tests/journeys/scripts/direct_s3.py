"""Trains with data and results in a team's own S3, to which this client goes without Clary."""

import boto3
import sagemaker
from answer import answer, arguments, artifacts, code, described
from sagemaker.estimator import Estimator

wishes = arguments()
settings = sagemaker.session_settings.SessionSettings(encrypt_repacked_artifacts=wishes.get("kms", True))
session = sagemaker.Session(settings=settings)
BUCKET = wishes["bucket"]
s3 = boto3.client("s3")
s3.create_bucket(Bucket=BUCKET)
s3.put_object(Bucket=BUCKET, Key="data/part-1.csv", Body=b"1,2\n")
# More than a host asks for at a time.
s3.put_object(Bucket=BUCKET, Key="data/large.bin", Body=b"0123456789abcdef" * (3 << 20))

estimator = Estimator(
    image_uri="python:3.11",
    entry_point="copying.py",
    source_dir=code("copying.py"),
    role=wishes["role"],
    sagemaker_session=session,
    instance_count=1,
    instance_type="ml.m5.large",
    output_path=f"s3://{BUCKET}/results",
    checkpoint_s3_uri=f"s3://{BUCKET}/checkpoints",
)
estimator.fit({"train": f"s3://{BUCKET}/data/"}, logs=False)

listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
answer(
    s3=s3.meta.endpoint_url,
    default_bucket=session.default_bucket(),
    keys=[item["Key"] for item in listed],
    location=estimator.model_data,
    files=artifacts(session, estimator.model_data),
    **described(estimator),
)
