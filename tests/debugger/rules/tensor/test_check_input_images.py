from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by, names

from clary.debugger.rules import RuleParameterError, RuleStep, build_rule
from clary.debugger.rules.selection import CollectionMatcher, TensorNames
from clary.debugger.rules.tensor.check_input_images import CheckInputImages

NAME = "hybridsequential0_input_0"


def batches(scale: float = 1.0, shift: float = 0.0, count: int = 10) -> list[RuleStep]:
    """Grey images in [0, 1] with the mean (0.286) and spread (0.352) of FashionMNIST, 64 a batch."""
    random = np.random.default_rng(0)
    images = [np.clip(random.normal(0.286, 0.05, (64, 1, 28, 28)), 0, 1) for _ in range(count)]
    return [a_step(i, {NAME: (batch - shift) / scale}) for i, batch in enumerate(images)]


def test_images_in_0_to_1_fire_once_enough_were_seen() -> None:
    (finding,) = found_by(CheckInputImages(), *batches())

    assert finding.step == 7  # 8 batches of 64 are the first 500
    assert finding.value == pytest.approx(0.286, abs=0.01)


def test_normalized_images_are_silent() -> None:
    assert fired(CheckInputImages(), batches(scale=0.352, shift=0.286)) == []


def test_each_channel_is_judged_for_itself() -> None:
    images = np.zeros((500, 2, 4, 4))
    images[:, 0], images[:, 1] = 0.5, -0.5

    (finding,) = found_by(CheckInputImages(), a_step(0, {NAME: images}))

    assert abs(finding.value) == 0.5


def test_channels_may_come_last() -> None:
    images = np.zeros((500, 4, 4, 3))
    images[..., 2] = 0.9

    (finding,) = found_by(CheckInputImages(channel=3), a_step(0, {NAME: images}))

    assert (finding.value, finding.message) == (
        pytest.approx(0.9),
        "the mean of channel 2 over 500 images is 0.9",
    )


def test_the_input_of_a_pytorch_network_is_found() -> None:
    known = names(modules={"Net": "Net", "conv1": "Conv2d"})
    tensors = {"Net_input_0": np.ones((500, 1, 4, 4)), "conv1_input_0": np.ones((500, 1, 4, 4))}

    assert [f.tensor for f in found_by(CheckInputImages(), a_step(0, tensors, known=known))] == [
        "Net_input_0"
    ]


def test_what_is_no_image_is_passed_over() -> None:
    assert fired(CheckInputImages(), [a_step(0, {NAME: np.ones((600, 20))})]) == []


def test_no_samples_at_all_are_refused() -> None:
    with pytest.raises(RuleParameterError, match="'threshold_samples' is 0; give 1 or more"):
        build_rule(CheckInputImages, {"threshold_samples": "0"})


KERAS = TensorNames({"input_image": CollectionMatcher(frozenset({"model_input", "conv/inputs"}))})


def test_in_keras_the_input_and_its_channels_are_found() -> None:
    images = np.zeros((500, 4, 4, 3))
    images[:, 0] = -0.3  # a dark row is no channel
    images[..., 2] = 0.9

    step = a_step(0, {"model_input": images}, known=KERAS)

    (finding,) = found_by(CheckInputImages(), step)
    (by_rows,) = found_by(build_rule(CheckInputImages, {"channel": "1"}), step)

    assert finding.message == "the mean of channel 2 over 500 images is 0.9"
    assert by_rows.message == "the mean of channel 1 over 500 images is 0.3"


@pytest.mark.parametrize(
    ("outer", "inner"), [("model_input", "conv/inputs"), ("Net_input_0", "stem_input_0")]
)
def test_a_batch_that_is_saved_under_two_names_is_evaluated_once(outer: str, inner: str) -> None:
    known = TensorNames(
        {"input_image": CollectionMatcher(frozenset({outer, inner}))}, {"Net": "Net", "stem": "Conv2d"}
    )
    images = np.ones((500, 3, 3, 3))

    found = found_by(CheckInputImages(), a_step(0, {outer: images, inner: images}, known=known))

    assert [finding.tensor for finding in found] == [inner]


def test_a_model_that_normalizes_its_input_itself_is_silent() -> None:
    tensors = {"model_input": np.full((500, 4, 4, 3), 128.0), "conv/inputs": np.zeros((500, 4, 4, 3))}

    assert fired(CheckInputImages(), [a_step(0, tensors, known=KERAS)]) == []


def test_another_input_than_that_of_the_first_convolution_is_judged_too() -> None:
    tensors = {"model_input": np.ones((500, 8, 8, 3)), "conv/inputs": np.zeros((500, 4, 4, 3))}

    found = found_by(CheckInputImages(), a_step(0, tensors, known=KERAS))

    assert [finding.tensor for finding in found] == ["model_input"]
