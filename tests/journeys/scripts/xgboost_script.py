"""XGBoost in script mode."""

import sagemaker
from answer import answer, artifacts, code, described
from sagemaker.xgboost.estimator import XGBoost

session = sagemaker.Session()
estimator = XGBoost(
    entry_point="xgboost_script.py",
    source_dir=code("xgboost_script.py"),
    role=sagemaker.get_execution_role(),
    instance_count=1,
    instance_type="ml.m5.large",
    framework_version="1.7-1",
    py_version="py3",
    hyperparameters={"rounds": 8},
    metric_definitions=[{"Name": "test:error", "Regex": "test error ([0-9.]+)"}],
)
estimator.fit(wait=True, logs="All")
answer(files=artifacts(session, estimator.model_data), **described(estimator))
