"""A job whose machine is profiled, and no tensor of which is saved."""

import sagemaker
from answer import answer, code, described
from sagemaker.debugger import ProfilerConfig
from sagemaker.pytorch import PyTorch

estimator = PyTorch(
    entry_point="profiled_torch.py",
    source_dir=code("profiled_torch.py"),
    role=sagemaker.get_execution_role(),
    instance_type="ml.m5.large",
    instance_count=1,
    framework_version="2.6",
    py_version="py312",
    profiler_config=ProfilerConfig(system_monitor_interval_millis=500),
    debugger_hook_config=False,
)
estimator.fit(wait=True, logs="None")
answer(profile=estimator.latest_job_profiler_artifacts_path(), **described(estimator))
