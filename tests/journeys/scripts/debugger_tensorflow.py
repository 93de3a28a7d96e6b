"""Every tensor of a Keras training, started by the TensorFlow estimator."""

import tempfile

import sagemaker
from answer import answer, code, described, digits
from debugged import every_tensor
from sagemaker.tensorflow import TensorFlow

session = sagemaker.Session()
train = session.upload_data(digits(tempfile.mkdtemp()), key_prefix="debugger-digits")
estimator = TensorFlow(
    entry_point="debugged_keras.py",
    source_dir=code("debugged_keras.py"),
    role=sagemaker.get_execution_role(),
    instance_type="ml.m5.xlarge",
    instance_count=1,
    framework_version="2.19",
    py_version="py312",
    hyperparameters={"batch-size": 20, "learning_rate": 0.1, "steps": 5},
    debugger_hook_config=every_tensor(session.default_bucket()),
)
estimator.fit({"train": train})
answer(train=train, tensors=estimator.latest_job_debugger_artifacts_path(), **described(estimator))
