"""The job of the MNIST tensor tutorial, with the arguments' names of its time."""

import tempfile
import warnings

import sagemaker
from answer import answer, code, described, digits, listening
from debugged import every_tensor
from sagemaker.mxnet import MXNet

warnings.simplefilter("ignore")
session = sagemaker.Session()
train = session.upload_data(digits(tempfile.mkdtemp()), key_prefix="debugger-digits")
estimator = MXNet(
    entry_point="debugged_mxnet.py",
    source_dir=code("debugged_mxnet.py"),
    role=sagemaker.get_execution_role(),
    train_instance_count=1,
    train_instance_type="ml.m4.xlarge",
    train_volume_size=10,
    train_max_run=600,
    framework_version="1.6.0",
    py_version="py3",
    hyperparameters={"batch-size": 20, "learning_rate": 0.1, "steps": 5},
    debugger_hook_config=every_tensor(session.default_bucket()),
)
with listening() as heard:
    estimator.fit({"train": train}, logs="All")
answer(
    train=train,
    heard=heard.getvalue(),
    tensors=estimator.latest_job_debugger_artifacts_path(),
    **described(estimator),
)
