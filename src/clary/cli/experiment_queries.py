"""Queries for experiments and their parts. A command ends with a message when there is nothing of a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.cli.console import fail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KNOWN_LIMIT = 12
"""The number of names that a message lists."""


def find_experiment(sagemaker: Any, name: str) -> dict[str, Any]:
    """Returns an experiment as Describe answers it; ends the command when there is none."""
    from botocore.exceptions import ClientError

    try:
        found: dict[str, Any] = sagemaker.describe_experiment(ExperimentName=name)
    except ClientError as error:
        pages = sagemaker.get_paginator("list_experiments").paginate()
        there = [summary["ExperimentName"] for page in pages for summary in page["ExperimentSummaries"]]
        fail(f"{error.response['Error']['Message'].rstrip('.')}{offered(name, there)}")
    return found


def find_components(sagemaker: Any, experiment: str, **order: Any) -> list[dict[str, Any]]:
    """Returns all components; ends the command when there is no such experiment or nothing in it."""
    from botocore.exceptions import ClientError

    from clary.cli.experiment_rows import components_of

    name = find_experiment(sagemaker, experiment)["ExperimentName"]
    try:
        components = list(components_of(sagemaker, name, **order))
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    if not components:
        fail(f"experiment {name} has no trial components yet")
    return components


def sort_path(
    sort: str,
    statistic: str,
    components: Sequence[dict[str, Any]],
    metrics: Sequence[str],
    parameters: Sequence[str],
) -> str:
    """Returns the property of Search for --sort, which may also be the name of a metric or parameter."""
    from clary.cli.experiment_rows import parameters_of

    if sort in metrics:
        return f"Metrics.{sort}.{statistic}"
    if sort in parameters:
        values = [parameters_of(component).get(sort) for component in components]
        strings = any(isinstance(value, str) for value in values)
        return f"Parameters.{sort}.{'StringValue' if strings else 'NumberValue'}"
    members = names_of(components)
    if "." not in sort and sort.lower() not in [member.lower() for member in members]:
        fail(f"--sort {sort}: nothing has this name{offered(sort, [*metrics, *parameters, *members])}")
    return sort


def find_trials(sagemaker: Any, experiment: str) -> list[str]:
    pages = sagemaker.get_paginator("list_trials").paginate(
        ExperimentName=experiment, SortBy="CreationTime", SortOrder="Ascending"
    )
    return [summary["TrialName"] for page in pages for summary in page["TrialSummaries"]]


def find_summaries(sagemaker: Any, trial: str) -> list[dict[str, Any]]:
    pages = sagemaker.get_paginator("list_trial_components").paginate(
        TrialName=trial, SortBy="CreationTime", SortOrder="Ascending"
    )
    return [summary for page in pages for summary in page["TrialComponentSummaries"]]


def names_of(known: Iterable[dict[str, Any]]) -> list[str]:
    """Returns every key of the documents, in the order of their first appearance."""
    return list(dict.fromkeys(key for one in known for key in one))


def offered(name: str, known: Sequence[str]) -> str:
    """Returns the names that may have been meant, as the end of a sentence."""
    import difflib

    near = difflib.get_close_matches(name, known, n=3)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    if not known:
        return "; there is none yet"
    return f"; there is {', '.join(known[:KNOWN_LIMIT])}{', ...' if len(known) > KNOWN_LIMIT else ''}"
