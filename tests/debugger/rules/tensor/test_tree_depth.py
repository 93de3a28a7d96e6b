from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by

from clary.debugger.rules import RuleParameterError, build_rule
from clary.debugger.rules.tensor.tree_depth import TreeDepth


@pytest.mark.parametrize(
    ("largest_node", "depth"), [(1, 1), (2, 1), (6, 2), (30, 4), (31, 5), (62, 5), (63, 6)]
)
def test_the_depth_follows_from_the_largest_node(largest_node: int, depth: int) -> None:
    step = a_step(0, {"trees/Node": np.arange(largest_node + 1)})

    (finding,) = found_by(TreeDepth(depth=depth - 1), step)

    assert finding.value == depth
    assert found_by(TreeDepth(depth=depth), step) == []


def test_a_tree_of_the_allowed_depth_is_silent_and_a_deeper_one_is_not() -> None:
    steps = [a_step(0, {"trees/Node": np.arange(31)}), a_step(1, {"trees/Node": np.arange(40)})]

    assert fired(TreeDepth(), steps) == [1]


def test_half_a_level_is_refused() -> None:
    with pytest.raises(RuleParameterError, match=r"'depth' is '3\.5'; give a whole number"):
        build_rule(TreeDepth, {"depth": "3.5"})
