from __future__ import annotations

import numpy as np
import pytest

from clary.debugger.capture.xgboost_trees import COLUMNS, columns_of

NUMBERS = """0:[age<30.5] yes=1,no=2,missing=2,gain=7.5,cover=20
\t1:leaf=-0.5,cover=8
\t2:leaf=0.25,cover=12
"""


def test_a_tree_becomes_columns() -> None:
    columns = columns_of([NUMBERS], 4)

    assert tuple(columns) == COLUMNS
    assert columns["ID"].tolist() == ["4-0", "4-1", "4-2"]
    assert columns["Feature"].tolist() == ["age", "Leaf", "Leaf"]
    assert columns["Missing"].tolist() == ["4-2", "nan", "nan"]
    assert columns["Gain"].tolist() == [7.5, -0.5, 0.25]
    assert columns["Cover"].tolist() == [20, 8, 12]
    assert columns["Split"][0] == 30.5
    assert np.isnan(columns["Split"][1:]).all()


def test_the_trees_of_a_round_follow_each_other_by_number_and_node() -> None:
    deep = (
        "0:[a<1] yes=1,no=2,missing=1,gain=1,cover=1\n1:[b<1] yes=3,no=4,missing=3,gain=1,cover=1\n"
        "3:leaf=1,cover=1\n4:leaf=1,cover=1\n2:leaf=1,cover=1\n"
    )

    columns = columns_of([deep, NUMBERS], 10)

    assert columns["ID"].tolist() == ["10-0", "10-1", "10-2", "10-3", "10-4", "11-0", "11-1", "11-2"]


@pytest.mark.parametrize(
    ("condition", "feature", "category"),
    [("color:{0,3}", "color", "0,3"), ("is_member", "is_member", "nan"), ("a<b<1e-05", "a<b", "nan")],
)
def test_other_conditions_are_understood(condition: str, feature: str, category: str) -> None:
    line = f"0:[{condition}] yes=1,no=2,gain=1,cover=1\n"

    columns = columns_of([line], 0)

    assert (columns["Feature"][0], columns["Category"][0]) == (feature, category)
    assert columns["Missing"][0] == "0-1"


def test_a_line_that_can_not_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="can't be read: 'what'"):
        columns_of(["what"], 0)
