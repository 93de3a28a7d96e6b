"""A small convolutional network on real digits, as the tutorials do it."""

import tempfile

import sagemaker
from answer import answer, artifacts, code, described, digits, listening
from sagemaker.pytorch import PyTorch

session = sagemaker.Session()
role = sagemaker.get_execution_role()
training = session.upload_data(digits(tempfile.mkdtemp()), key_prefix="digits")
estimator = PyTorch(
    entry_point="torch_digits.py",
    source_dir=code("torch_digits.py"),
    role=role,
    instance_type="ml.m5.xlarge",
    instance_count=1,
    framework_version="2.6",
    py_version="py312",
    hyperparameters={"epochs": 2, "learning-rate": 0.01},
    metric_definitions=[{"Name": "test:accuracy", "Regex": "test accuracy ([0-9.]+)"}],
)
with listening() as heard:
    estimator.fit({"training": training}, wait=True, logs="All")
answer(
    role=role,
    bucket=session.default_bucket(),
    training=training,
    heard=heard.getvalue(),
    files=artifacts(session, estimator.model_data),
    model_data=estimator.model_data,
    **described(estimator),
)
