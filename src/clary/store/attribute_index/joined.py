"""Reads the attributes of a record that are not in its document: tags, parents, metrics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from clary.store.prepared import Prepared
from clary.store.schema import links, metric_series, tags
from clary.store.series.rows import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Connection

Document = dict[str, Any]

COMPONENT = "experiment-trial-component"

JOINED: dict[str, tuple[str, ...]] = {
    "experiment": ("Tags",),
    "experiment-trial": ("Tags",),
    COMPONENT: ("Tags", "Parents", "Metrics"),
    "model": ("Tags",),
    "model-package": ("Tags",),
    "model-package-group": ("Tags",),
}
"""Every searchable kind to the members that are joined to its documents."""


def search_jobs(kinds: Iterable[str]) -> None:
    """Makes these kinds of jobs searchable in this process, each with its tags and metrics.

    Call it before records are written: existing records are not indexed.
    """
    JOINED.update(dict.fromkeys(kinds, ("Tags", "Metrics")))


STATISTICS = ("Min", "Max", "Avg", "Last", "Count", "StdDev")


def joined_members(
    connection: Connection, kind: str, name: str, arn: str, document: Mapping[str, Any]
) -> Document:
    """Returns the joined members of a record, as maps by tag or metric: their paths are those of Search.

    Folds the points of the record that wait in the inbox, in the caller's transaction.
    """
    members: Document = {"Tags": {row[0]: row[1] for row in _TAGS.rows(connection, {"arn": arn})}}
    if kind != COMPONENT and "Metrics" in JOINED[kind]:
        fold(connection, arn)
        members["Metrics"] = {row[0]: row[4] for row in _METRICS.rows(connection, {"owner": arn})}
    if kind == COMPONENT:
        members["Parents"] = parents(connection, name)
        members["Metrics"] = _metrics(connection, [arn, *_source_arns(document)])
    return members


def parents(connection: Connection, name: str) -> list[dict[str, str]]:
    """Returns every trial of a component, by name, with its experiment."""
    found = []
    for trial, experiment in _PARENTS.rows(connection, {"component": name}):
        parent = {"TrialName": trial}
        if experiment is not None:
            parent["ExperimentName"] = experiment
        found.append(parent)
    return found


def _source_arns(document: Mapping[str, Any]) -> list[str]:
    """Returns the ARNs of the sources of a component."""
    sources = [document.get("Source") or {}, *document.get("Sources", ())]
    return [source["SourceArn"] for source in sources if "SourceArn" in source]


def _metrics(connection: Connection, owners: list[str]) -> Document:
    """Returns statistics by metric name. A metric of both a component and its source is a list of two."""
    found: dict[str, list[Document]] = {}
    for owner in dict.fromkeys(owners):
        fold(connection, owner)
        for row in _METRICS.rows(connection, {"owner": owner}):
            name, low, high, average, last, count, finite, m2 = row
            deviation = math.sqrt(m2 / finite) if finite else None
            values = (low, high, average, last, count, deviation)
            found.setdefault(name, []).append(dict(zip(STATISTICS, values, strict=True)))
    return found


_TAGS = Prepared(sa.select(tags.c.key, tags.c.value).where(tags.c.arn == sa.bindparam("arn")))
_series = metric_series.c
_METRICS = Prepared(
    sa.select(
        _series.name,
        _series.minimum,
        _series.maximum,
        _series.mean,
        _series.last,
        _series.count,
        _series.finite,
        _series.m2,
    )
    .where(_series.owner == sa.bindparam("owner"))
    .order_by(_series.name)
)
_in_trial, _in_experiment = links.alias("in_trial"), links.alias("in_experiment")
_PARENTS = Prepared(
    sa.select(_in_trial.c.source, _in_experiment.c.source)
    .select_from(
        _in_trial.outerjoin(
            _in_experiment,
            sa.and_(
                _in_experiment.c.kind == sa.literal_column("'trial'"),
                _in_experiment.c.target == _in_trial.c.source,
            ),
        )
    )
    .where(
        _in_trial.c.kind == sa.literal_column("'component'"), _in_trial.c.target == sa.bindparam("component")
    )
    .order_by(_in_trial.c.source)
)
