"""scikit-learn on real digits, in the version the tutorials name."""

import tempfile

import sagemaker
from answer import answer, artifacts, code, described, digits, listening
from sagemaker.sklearn.estimator import SKLearn

session = sagemaker.Session()
train = session.upload_data(digits(tempfile.mkdtemp()), key_prefix="sklearn-digits")
estimator = SKLearn(
    entry_point="sklearn_digits.py",
    source_dir=code("sklearn_digits.py"),
    role=sagemaker.get_execution_role(),
    instance_type="ml.m5.large",
    framework_version="1.2-1",
    py_version="py3",
    hyperparameters={"max-iter": 60},
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
)
with listening() as heard:
    estimator.fit({"train": train}, wait=True, logs="All")
answer(
    heard=heard.getvalue(),
    train=train,
    files=artifacts(session, estimator.model_data),
    **described(estimator),
)
