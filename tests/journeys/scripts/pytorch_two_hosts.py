"""Jobs on two hosts: one whose script joins them itself, and one started by torchrun."""

import sagemaker
from answer import answer, code, described
from sagemaker.pytorch import PyTorch


def two_hosts(**members):
    estimator = PyTorch(
        entry_point="torch_two_hosts.py",
        source_dir=code("torch_two_hosts.py"),
        role=sagemaker.get_execution_role(),
        instance_count=2,
        framework_version="2.6.0",
        py_version="py312",
        **members,
    )
    estimator.fit(wait=False)
    return estimator


by_hand = two_hosts(instance_type="ml.c5.xlarge")
# The SDK lets torchrun start on instances with GPUs only; on a machine without any it runs all the same.
by_torchrun = two_hosts(instance_type="ml.g4dn.xlarge", distribution={"torch_distributed": {"enabled": True}})
for estimator in (by_hand, by_torchrun):
    estimator.latest_training_job.wait(logs="All")
answer(by_hand=described(by_hand), by_torchrun=described(by_torchrun))
