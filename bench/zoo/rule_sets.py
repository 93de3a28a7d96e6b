"""The sets of rules that judge every training, in the shape in which a job is given them.

    simple       the SageMaker SDK's group SIMPLE for the framework
    defaults     every tensor rule that can run without being told anything, with its defaults
    configured   what somebody gives who knows the data and the model, and has read the rules' pages

The numbers of ``configured`` were chosen by the considerations beside them before the first look at what
they find, and revised once after a look at seed 0, where a comment says so. The other seeds had not been
looked at by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.zoo.catalogue import Training

SETS = ("simple", "defaults", "configured")

Rules = dict[str, dict[str, str]]
"""Rule to parameters."""


def configurations(training: Training) -> list[dict[str, Any]]:
    """DebugRuleConfigurations of all sets, named ``<set>.<rule>``."""
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
    """TensorVariance and SimilarAcrossRuns have no defaults, CreateXgboostReport never fires.

    AllZero and UnchangedTensor want to be told where to look, and are told the plainest.
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
        # Where the slope of the function is a hundredth of its greatest, not a ten-millionth.
        "SaturatedActivation": {
            "threshold_tanh_min": "-3",
            "threshold_tanh_max": "3",
            "threshold_sigmoid_min": "-6",
            "threshold_sigmoid_max": "6",
        },
        # Gradients of a mean over a batch are small by nature; a ratio of 100 is ten times the deviation.
        "PoorWeightInitialization": {"distribution_range": "1e-6", "threshold": "100"},
        # Ten steps lie between two looks. Healthy is about 1e-3 a step; a thousandth of it hardly learns, and
        # weights that are all new after ten steps have learned nothing.
        "WeightUpdateRatio": {"small_threshold": "1e-5", "large_threshold": "1"},
        "AllZero": {"collection_names": "weights,gradients"},
        "UnchangedTensor": {"collection_names": "weights"},
        # Four epochs without a tenth of a percent.
        "LossNotDecreasing": {
            "mode": "EVAL",
            "num_steps": str(4 * facts.validation_batches),
            "increase_threshold_percent": "10",
        },
        # A gap of one half, in three epochs in a row.
        "Overfit": {"ratio_threshold": "0.5", "patience": "3"},
        # Early stopping's usual patience, five epochs. Revised: the training loss was to count too, over five
        # epochs; losses of one batch in ten are too noisy for that.
        "Overtraining": {"patience_train": "100000", "patience_validation": "5", "delta": "0.001"},
        "StalledTrainingRule": {"threshold": "60"},
    }
    if facts.classes:
        # PyTorch has neither labels nor predictions by name: they are what goes into the loss. Revised: what
        # is mispredicted before anything was learned counts for ever, so only the labels are judged.
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
        # It takes no names, and would only say what is known.
        del rules["WeightUpdateRatio"]
    if training.data == "cancer" and training.name == "tanh_net":
        # One score for two classes: there is nothing to take an argmax of.
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
