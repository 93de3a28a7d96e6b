"""The trainings of the zoo: the fault of each, and the rules that fit the fault.

A rule fits a fault if its meaning leads somebody who does not know the fault to it. The fitting rules were
listed together with the trainings, before any rule was evaluated on them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What a user who configures rules knows about the data. validation_batches: in one pass; 0 if none."""

    validation_batches: int
    classes: bool = True
    images: bool = False
    text: bool = False


DATA = {
    "digits": DataFacts(3, images=True),
    "wine": DataFacts(1),
    "cancer": DataFacts(1),
    "diabetes": DataFacts(1, classes=False),
    "patches": DataFacts(4, classes=False),
    "text": DataFacts(5, text=True),
}


@dataclass(frozen=True, slots=True)
class Training:
    """One training. fault: empty for a healthy one. frozen: modules that are not trained, on purpose."""

    name: str
    data: str
    fault: str = ""
    fits: frozenset[str] = frozenset()
    frozen: tuple[str, ...] = ()
    boosted: bool = False

    @property
    def script(self) -> str:
        if self.boosted:
            return "boosted.py"
        return "faulty.py" if self.fault else "healthy.py"

    @property
    def facts(self) -> DataFacts:
        return DATA[self.data]


def trainings() -> tuple[Training, ...]:
    """All trainings, the faulty ones first."""
    return FAULTY + HEALTHY


def _faulty(name: str, data: str, fault: str, fits: str, *, boosted: bool = False) -> Training:
    return Training(name, data, fault, frozenset(fits.split()), boosted=boosted)


FAULTY = (
    _faulty(
        "vanishing_gradient", "digits", "vanishing gradients", "VanishingGradient PoorWeightInitialization"
    ),
    _faulty("exploding_gradient", "text", "exploding gradients", "ExplodingTensor"),
    _faulty("dead_relu", "digits", "dead ReLU", "DeadRelu"),
    _faulty("saturated_tanh", "wine", "saturated tanh", "SaturatedActivation"),
    _faulty("bad_initialization", "digits", "bad initialization", "PoorWeightInitialization"),
    _faulty("frozen_layer", "digits", "frozen layer", "UnchangedTensor WeightUpdateRatio"),
    _faulty(
        "rate_far_too_high",
        "digits",
        "learning rate far too high",
        "LossNotDecreasing WeightUpdateRatio ExplodingTensor",
    ),
    _faulty(
        "rate_far_too_low",
        "digits",
        "learning rate far too low",
        "LossNotDecreasing WeightUpdateRatio UnchangedTensor",
    ),
    _faulty("overfit", "diabetes", "overfit", "Overfit"),
    _faulty("overtraining", "cancer", "overtraining", "Overtraining LossNotDecreasing"),
    _faulty("class_imbalance", "cancer", "class imbalance", "ClassImbalance"),
    _faulty("unnormalized_images", "digits", "unnormalized images", "CheckInputImages"),
    _faulty("shuffled_labels", "digits", "shuffled labels", "LossNotDecreasing Confusion ClassImbalance"),
    _faulty("softmax_twice", "digits", "wrong loss: softmax twice", "LossNotDecreasing"),
    _faulty("nll_of_scores", "digits", "wrong loss: NLL of scores", "LossNotDecreasing"),
    _faulty("nan_in_data", "cancer", "NaN in data", "ExplodingTensor"),
    _faulty(
        "boosted_overfit",
        "diabetes",
        "overfit, XGBoost",
        "Overfit Overtraining LossNotDecreasing TreeDepth",
        boosted=True,
    ),
    _faulty(
        "leaked_label", "cancer", "label among the features", "FeatureImportanceOverweight", boosted=True
    ),
)

HEALTHY = (
    Training("dense_net", "digits"),
    Training("conv_net", "digits"),
    Training("batchnorm_dropout", "digits"),
    Training("residual", "digits"),
    Training("growing_batches", "digits"),
    Training("transfer", "digits", frozen=("conv1", "conv2")),
    Training("tanh_net", "cancer"),
    Training("logistic", "wine"),
    Training("regression", "diabetes"),
    Training("autoencoder", "patches"),
    Training("lstm", "text"),
    Training("attention", "text"),
    Training("boosted_classes", "digits", boosted=True),
    Training("boosted_regression", "diabetes", boosted=True),
)
