"""Every tensor of a PyTorch training, and of the same one with no debugger."""

import tempfile

import sagemaker
from answer import answer, code, described, digits
from debugged import every_tensor
from sagemaker.pytorch import PyTorch

session = sagemaker.Session()
train = session.upload_data(digits(tempfile.mkdtemp()), key_prefix="debugger-digits")


def started(entry_point, hyperparameters, **debugger):
    estimator = PyTorch(
        entry_point=entry_point,
        source_dir=code(entry_point),
        role=sagemaker.get_execution_role(),
        instance_type="ml.m5.xlarge",
        instance_count=1,
        framework_version="2.6",
        py_version="py312",
        hyperparameters=hyperparameters,
        **debugger,
    )
    estimator.fit({"train": train}, wait=False)
    return estimator


hook = every_tensor(session.default_bucket())
every = started("debugged_torch.py", {"steps": 5}, debugger_hook_config=hook)
# The SDK gives every job a profiler too; it stays outside the training's process.
off = started("debugged_off.py", {}, debugger_hook_config=False)
every.latest_training_job.wait(logs="All")
answer(
    train=train,
    tensors=every.latest_job_debugger_artifacts_path(),
    off=off.latest_training_job.name,
    **described(every),
)
