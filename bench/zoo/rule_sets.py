"""The sets of rules that are evaluated on every training, in the form of a request.

    simple       the SageMaker SDK's group SIMPLE for the framework
    defaults     every tensor rule that needs no configuration, with its defaults
    configured   what a user configures who knows the data and the model, and has read the pages of the rules

The comments give the reasons for the numbers of ``configured``. They were chosen before the first evaluation,
and revised once after the evaluation of seed 0; a comment says which ones. The other seeds had not been
evaluated by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.zoo.catalogue import Training

SETS = ("simple", "defaults", "configured")

Rules = dict[str, dict[str, str]]
"""The parameters by rule."""


def configurations(training: Training) -> list[dict[str, Any]]:
    """The DebugRuleConfigurations of all sets. The names are ``<set>.<rule>``."""
    sets = {"simple": simple(training), "defaults": defaults(training), "configured": configured(training)}
    return [
        {
            "RuleConfigurationName": f"{name}.{rule}",
            "RuleEvaluatorImage": "sagemaker-debugger-rules:latest",
            "RuleParameters": {"rule_to_invoke": rule, **parameters},
        }
        for name, rules in sets.items()
        for rule, parameters in rules.items()
    ]


def simple(training: Training) -> Rules:
    names = ("TreeDepth", "ClassImbalance") if training.boosted else _SIMPLE_OF_NETWORKS
    return {name: {} for name in names}


def defaults(training: Training) -> Rules:
    """Without TensorVariance and SimilarAcrossRuns, which have no defaults, and CreateXgboostReport.

    AllZero and UnchangedTensor must be told which tensors to evaluate, and get the simplest choice.
    """
    rules: Rules = {name: {} for name in _FOR_ALL + (_OF_TREES if training.boosted else _OF_NETWORKS)}
    if not training.boosted:
        rules["AllZero"] = {"collection_names": "weights,gradients"}
        rules["UnchangedTensor"] = {"collection_names": "weights"}
    return rules


def configured(training: Training) -> Rules:
    return _for_trees(training) if training.boosted else _for_networks(training)


def _for_networks(training: Training) -> Rules:
    facts = training.facts
    rules: Rules = {
        "VanishingGradient": {},
        "ExplodingTensor": {},
        "DeadRelu": {},
        # At these bounds the slope of the function is 1/100 of its maximum; with the defaults, 1/10,000,000.
        "SaturatedActivation": {
            "threshold_tanh_min": "-3",
            "threshold_tanh_max": "3",
            "threshold_sigmoid_min": "-6",
            "threshold_sigmoid_max": "6",
        },
        # Gradients of a batch's mean are always small. A ratio of 100 is ten times the standard deviation.
        "PoorWeightInitialization": {"distribution_range": "1e-6", "threshold": "100"},
        # Ten steps are between two saved ones. About 1e-3 per step is healthy; with 1/1000 of that the
        # weights hardly change, and weights that are completely different after ten steps have learned
        # nothing.
        "WeightUpdateRatio": {"small_threshold": "1e-5", "large_threshold": "1"},
        "AllZero": {"collection_names": "weights,gradients"},
        "UnchangedTensor": {"collection_names": "weights"},
        # Less than 0.1 percent in four epochs.
        "LossNotDecreasing": {
            "mode": "EVAL",
            "num_steps": str(4 * facts.validation_batches),
            "increase_threshold_percent": "10",
        },
        # A gap of one half, three epochs in a row.
        "Overfit": {"ratio_threshold": "0.5", "patience": "3"},
        # The usual patience of early stopping, five epochs. Revised: at first the training loss was used too,
        # with five epochs; but losses of every tenth batch are too noisy for that.
        "Overtraining": {"patience_train": "100000", "patience_validation": "5", "delta": "0.001"},
        "StalledTrainingRule": {"threshold": "60"},
    }
    if facts.classes:
        # In PyTorch, labels and predictions have no names of their own: they are inputs of the loss. Revised:
        # wrong predictions from the start of the training count for ever, so only the labels are evaluated.
        rules["ClassImbalance"] = {
            "labels_regex": r"Loss_input_1$",
            "predictions_regex": r"Loss_input_0$",
            "argmax": "True",
            "samples": "200",
            "threshold_misprediction": "1",
        }
    if facts.images:
        rules["CheckInputImages"] = {"threshold_samples": "200"}
    if facts.text:
        rules["NLPSequenceRatio"] = {}
    if training.frozen:
        trained = f"^(?!gradient)(?!.*({'|'.join(training.frozen)})).*weight"
        rules["UnchangedTensor"] = {"tensor_regex": trained}
        # The rule has no parameters for names, and would only report what is known.
        del rules["WeightUpdateRatio"]
    if training.data == "cancer" and training.name == "tanh_net":
        # A single score for two classes has no argmax.
        del rules["ClassImbalance"]
    return rules


def _for_trees(training: Training) -> Rules:
    rules: Rules = {
        "LossNotDecreasing": {},
        "Overfit": {"ratio_threshold": "0.5", "patience": "3"},
        "Overtraining": {"patience_train": "10", "patience_validation": "10", "delta": "0.001"},
        "FeatureImportanceOverweight": {},
        # XGBoost's own default for max_depth.
        "TreeDepth": {"depth": "6"},
        "StalledTrainingRule": {"threshold": "60"},
    }
    if training.facts.classes:
        rules["ClassImbalance"] = {}
    return rules


_SIMPLE_OF_NETWORKS = ("VanishingGradient", "LossNotDecreasing", "WeightUpdateRatio")
_FOR_ALL = (
    "ClassImbalance", "Confusion", "LossNotDecreasing", "Overfit", "Overtraining", "StalledTrainingRule",
)  # fmt: skip
_OF_TREES = ("FeatureImportanceOverweight", "TreeDepth")
_OF_NETWORKS = (
    "CheckInputImages", "DeadRelu", "ExplodingTensor", "NLPSequenceRatio", "PoorWeightInitialization",
    "SaturatedActivation", "VanishingGradient", "WeightUpdateRatio",
)  # fmt: skip
