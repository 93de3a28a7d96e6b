"""MXNet as in its first tutorials: version 1.6.0, and the original names of arguments."""

import tempfile
import warnings

import sagemaker
from answer import answer, artifacts, code, described, digits
from sagemaker.mxnet import MXNet

warnings.simplefilter("ignore")
session = sagemaker.Session()
train = session.upload_data(digits(tempfile.mkdtemp()), key_prefix="mxnet-digits")
estimator = MXNet(
    entry_point="mxnet_digits.py",
    source_dir=code("mxnet_digits.py"),
    role=sagemaker.get_execution_role(),
    train_instance_count=1,
    train_instance_type="ml.m4.xlarge",
    train_max_run=600,
    framework_version="1.6.0",
    py_version="py3",
    hyperparameters={"batch-size": 100, "epochs": 1, "learning_rate": 0.1},
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
)
estimator.fit({"train": train})
answer(files=artifacts(session, estimator.model_data), **described(estimator))
