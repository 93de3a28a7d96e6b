"""Rules of every kind beside a PyTorch training, one of which stops it."""

import os
import time

import sagemaker
from answer import answer, code
from sagemaker.debugger import CollectionConfig, Rule, rule_configs
from sagemaker.pytorch import PyTorch

session = sagemaker.Session()
every_fifth = [CollectionConfig(name, {"save_interval": "5"}) for name in ("gradients", "weights", "losses")]
own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../training/rules/my_rules.py")


def custom(name, rule, **parameters):
    return Rule.custom(
        name=name,
        image_uri="759209512951.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rule-evaluator:latest",
        instance_type="ml.t3.medium",
        volume_size_in_gb=10,
        source=own,
        rule_to_invoke=rule,
        collections_to_save=[CollectionConfig("weights", {"save_interval": "5"})],
        rule_parameters=parameters,
    )


def started(rules, hyperparameters):
    estimator = PyTorch(
        entry_point="vanishing_torch.py",
        source_dir=code("vanishing_torch.py"),
        role=sagemaker.get_execution_role(),
        instance_type="ml.m5.xlarge",
        instance_count=1,
        framework_version="2.6",
        py_version="py312",
        hyperparameters=hyperparameters,
        rules=rules,
    )
    began = time.time()
    estimator.fit(wait=False)
    return estimator, began


def ended(estimator):
    """Its description, once the job and all its rules have come to an end."""
    while True:
        job = estimator.latest_training_job.describe()
        summary = estimator.latest_training_job.rule_job_summary()
        open_ = [rule for rule in summary if rule["RuleEvaluationStatus"] in ("InProgress", "Stopping")]
        if job["TrainingJobStatus"] not in ("InProgress", "Stopping") and not open_:
            return job, {rule["RuleConfigurationName"]: rule for rule in summary}
        time.sleep(0.2)


stopped, began = started(
    [
        Rule.sagemaker(
            rule_configs.vanishing_gradient(),
            collections_to_save=every_fifth,
            actions=rule_configs.ActionList(
                rule_configs.StopTraining(), rule_configs.Email("someone@example.com")
            ),
        ),
        Rule.sagemaker(rule_configs.exploding_tensor(), collections_to_save=every_fifth),
        Rule.sagemaker(
            rule_configs.all_zero(), rule_parameters={"threshold": "many"}, collections_to_save=every_fifth
        ),
    ],
    {},
)
judged, _ = started(
    [
        custom("Fires", "LargeWeight", threshold="0.0001"),
        custom("Silent", "LargeWeight", threshold="1000"),
        custom("Broken", "Broken"),
        custom("Missing", "NoSuchRule"),
        Rule.sagemaker(rule_configs.exploding_tensor()),
    ],
    {"steps": 12, "pause-s": 0, "scale": 1},
)
stopped_job, stopped_rules = ended(stopped)
judged_job, judged_rules = ended(judged)
answer(
    began=began,
    stopped=stopped_job,
    stopped_rules=stopped_rules,
    judged=judged_job,
    judged_rules=judged_rules,
)
