"""One job on two hosts, whose script joins them itself, or is started by torchrun."""

import sagemaker
from answer import answer, arguments, code, described
from sagemaker.pytorch import PyTorch

by_torchrun = arguments()["launched"] == "by_torchrun"
estimator = PyTorch(
    entry_point="torch_two_hosts.py",
    source_dir=code("torch_two_hosts.py"),
    role=sagemaker.get_execution_role(),
    # The SDK lets torchrun start on instances with GPUs only; on a machine without any it runs all the same.
    instance_type="ml.g4dn.xlarge" if by_torchrun else "ml.c5.xlarge",
    instance_count=2,
    framework_version="2.6",
    py_version="py312",
    distribution={"torch_distributed": {"enabled": True}} if by_torchrun else None,
)
estimator.fit(wait=True, logs="All")
answer(**described(estimator))
