from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by, names

from clary.debugger.rules import RuleConfigurationError, build_rule
from clary.debugger.rules.selection import CollectionMatcher, TensorNames
from clary.debugger.rules.tensor.nlp_sequence_ratio import NLPSequenceRatio


def padded(length: int) -> np.ndarray:
    tokens = np.zeros((4, 10))
    tokens[:, :length] = 7
    return tokens


def test_more_than_half_padding_is_found() -> None:
    (finding,) = found_by(NLPSequenceRatio(), a_step(0, {"embedding0_input_0": padded(4)}))

    assert (finding.value, finding.threshold) == (60.0, 50.0)


def test_half_padding_is_not() -> None:
    assert fired(NLPSequenceRatio(), [a_step(0, {"embedding0_input_0": padded(5)})]) == []


def test_each_token_has_its_threshold() -> None:
    rule = build_rule(NLPSequenceRatio, {"token_values": "0, 7", "token_thresholds_percent": "70,30"})

    (finding,) = found_by(rule, a_step(0, {"embedding0_input_0": padded(4)}))

    assert (finding.value, finding.threshold) == (40.0, 30.0)


def test_pytorch_embeddings_are_found_by_their_class() -> None:
    known = names(modules={"encoder.tokens": "Embedding"})

    assert fired(NLPSequenceRatio(), [a_step(0, {"encoder.tokens_input_0": padded(1)}, known=known)]) == [0]


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(
        RuleConfigurationError, match="'token_values' has 2 entries and 'token_thresholds_percent' 1"
    ):
        build_rule(NLPSequenceRatio, {"token_values": "0,1"})


def test_tensors_of_the_collection_input_sequence_are_found_by_any_name() -> None:
    known = TensorNames({"input_sequence": CollectionMatcher(frozenset({"words/inputs"}))})
    step = a_step(0, {"words/inputs": padded(1), "dense/inputs": padded(1)}, known=known)

    assert [finding.tensor for finding in found_by(NLPSequenceRatio(), step)] == ["words/inputs"]
