"""The SDK's rules for boosted trees beside a training, a report among them."""

import time

import sagemaker
from answer import answer, code
from sagemaker.debugger import CollectionConfig, Rule, rule_configs
from sagemaker.xgboost.estimator import XGBoost

session = sagemaker.Session()
ROUNDS = 16


def every_fifth(name):
    return [CollectionConfig(name, {"save_interval": "5"})]


estimator = XGBoost(
    entry_point="boosted_tumours.py",
    source_dir=code("boosted_tumours.py"),
    framework_version="3.0-5",
    py_version="py3",
    role=sagemaker.get_execution_role(),
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"rounds": ROUNDS},
    rules=[
        Rule.sagemaker(rule_configs.create_xgboost_report()),
        Rule.sagemaker(
            rule_configs.feature_importance_overweight(),
            collections_to_save=every_fifth("feature_importance"),
        ),
        Rule.sagemaker(
            rule_configs.feature_importance_overweight(),
            name="ThreeOfSeven",
            rule_parameters={"threshold": "0.4"},
            collections_to_save=every_fifth("feature_importance"),
        ),
        Rule.sagemaker(
            rule_configs.tree_depth(),
            rule_parameters={"depth": "2"},
            collections_to_save=every_fifth("trees"),
        ),
        Rule.sagemaker(
            rule_configs.loss_not_decreasing(),
            rule_parameters={"num_steps": "5"},
            collections_to_save=every_fifth("losses"),
        ),
        Rule.sagemaker(rule_configs.exploding_tensor()),
    ],
)
estimator.fit(wait=False)
while True:
    job = estimator.latest_training_job.describe()
    rules = estimator.latest_training_job.rule_job_summary()
    going_on = [rule for rule in rules if rule["RuleEvaluationStatus"] in ("InProgress", "Stopping")]
    if job["TrainingJobStatus"] not in ("InProgress", "Stopping") and not going_on:
        break
    time.sleep(0.2)
answer(job=job, rules={rule["RuleConfigurationName"]: rule for rule in rules})
