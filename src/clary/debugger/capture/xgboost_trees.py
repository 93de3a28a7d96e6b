"""The trees of one boosting round as columns, equal to ``Booster.trees_to_dataframe`` but without pandas."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

_NAN = float("nan")
_SPLIT = re.compile(r"^\s*(\d+):\[(.*)\]\s(.*)$")
_LEAF = re.compile(r"^\s*(\d+):leaf=(.*)$")
TEXTS = frozenset(("ID", "Feature", "Yes", "No", "Missing", "Category"))
COLUMNS = ("Tree", "Node", "ID", "Feature", "Split", "Yes", "No", "Missing", "Gain", "Cover", "Category")


def columns_of(dumps: list[str], first: int) -> dict[str, Any]:
    """Arrays by column name, with one element per node.

    dumps: the text dump of each tree, with statistics. first: the number of the first tree.
    Raises ValueError for a line that can't be parsed.
    """
    rows = [_row(first + at, line) for at, dump in enumerate(dumps) for line in dump.split("\n") if line]
    rows.sort(key=lambda row: (row["Tree"], row["Node"]))
    return {
        name: np.array([str(row[name]) if name in TEXTS else row[name] for row in rows]) for name in COLUMNS
    }


def _row(tree: int, line: str) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS, _NAN)
    leaf = _LEAF.match(line)
    if leaf is not None:
        node, rest = leaf.groups()
        values = _values("leaf=" + rest)
        row.update(Feature="Leaf", Gain=float(values["leaf"]), Cover=float(values["cover"]))
    else:
        found = _SPLIT.match(line)
        if found is None:
            raise ValueError("a line of a tree that can't be read: {!r}".format(line))
        node, condition, rest = found.groups()
        values = _values(rest)
        feature, split, category = _condition(condition)
        row.update(Feature=feature, Split=split, Category=category)
        # An indicator feature has no "missing" branch: missing values follow the "yes" branch.
        directions = {"Yes": "yes", "No": "no", "Missing": "missing"}
        row.update(
            {
                column: "{}-{}".format(tree, values.get(key, values.get("yes")))
                for column, key in directions.items()
            }
        )
        row.update(Gain=float(values["gain"]), Cover=float(values["cover"]))
    row.update(Tree=tree, Node=int(node), ID="{}-{}".format(tree, node))
    return row


def _values(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.strip().split(",") if "=" in part)


def _condition(text: str) -> tuple[str, float, Any]:
    """``f2<0.5``, ``f1:{0,3}``, or the bare name of an indicator."""
    feature, found, threshold = text.rpartition("<")
    if found:
        return feature, float(threshold), _NAN
    feature, found, categories = text.rpartition(":{")
    if found:
        return feature, _NAN, categories.rstrip("}")
    return text, _NAN, _NAN
