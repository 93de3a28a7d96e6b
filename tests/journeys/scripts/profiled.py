"""A job whose machine is profiled and judged, and no tensor of which is saved."""

import time

import sagemaker
from answer import answer, code, described
from sagemaker.debugger import ProfilerConfig, ProfilerRule, rule_configs
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
    rules=[
        # On a busy machine one step of several seconds must not hide the steps that pause.
        ProfilerRule.sagemaker(
            rule_configs.ProfilerReport(StepOutlier_stddev=1, StepOutlier_n_outliers=5), name="Report"
        )
    ],
)
estimator.fit(wait=True, logs="None")


def rules():
    return estimator.latest_training_job.describe()["ProfilerRuleEvaluationStatuses"]


until = time.time() + 60
while time.time() < until and rules()[0]["RuleEvaluationStatus"] == "InProgress":
    time.sleep(0.2)
answer(
    profile=estimator.latest_job_profiler_artifacts_path(),
    output=estimator.output_path,
    rules=rules(),
    **described(estimator),
)
