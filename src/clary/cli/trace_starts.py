"""The vertices of the lineage at which ``clary trace --forward`` starts.

argument                         vertices
s3://bucket/data/train/a.csv     the artifact at this location, else that of the nearest enclosing folder
train.py                         every job that ran a script of this name
a job, a component, an ARN       its own vertex
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.cli.console import fail
from clary.cli.input_changes import split
from clary.cli.origins import artifacts_at, find_vertex, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = (".py", ".sh", ".ipynb")


def find_starts(sagemaker: Any, what: str) -> list[str]:
    """Returns the ARNs of the vertices; ends the command when there is none."""
    kind = kind_of(what)
    if kind == "name" and what.endswith(SCRIPTS):
        found = [*_jobs_of_script(sagemaker, what), *_code_named(sagemaker, what)]
        if not found:
            fail(f"no job is known to have run {what}; name a script as the job did, by its file's name")
        return found
    if kind != "s3":
        return [find_vertex(sagemaker, what)]
    for uri in _enclosing_locations(what):
        artifacts = artifacts_at(sagemaker, uri)
        if artifacts:
            return artifacts
    fail(f"no job is known to have read or written {what}")


def _enclosing_locations(uri: str) -> Iterator[str]:
    """Yields the location itself, then each enclosing folder, the nearest first."""
    bucket, key = split(uri.rstrip("/"))
    parts = key.split("/") if key else []
    for count in range(len(parts), -1, -1):
        yield "/".join([f"s3://{bucket}", *parts[:count]])


def _jobs_of_script(sagemaker: Any, script: str) -> list[str]:
    """Returns components of script-mode jobs. The SDK writes the name as JSON, others write it plain."""
    name = script.rpartition("/")[2]
    spellings = dict.fromkeys([script, f'"{script}"', name, f'"{name}"'])
    filters = [
        {"Name": "Parameters.sagemaker_program.StringValue", "Value": spelled} for spelled in spellings
    ]
    pages = sagemaker.get_paginator("search").paginate(
        Resource="ExperimentTrialComponent",
        SearchExpression={"Filters": filters, "Operator": "Or"},
        SortBy="CreationTime",
        SortOrder="Ascending",
    )
    return [each["TrialComponent"]["TrialComponentArn"] for page in pages for each in page["Results"]]


def _code_named(sagemaker: Any, script: str) -> list[str]:
    """Returns artifacts of scripts that processing jobs had as an input file."""
    name = script.rpartition("/")[2]
    pages = sagemaker.get_paginator("list_artifacts").paginate(ArtifactType="Code")
    return [
        summary["ArtifactArn"]
        for page in pages
        for summary in page["ArtifactSummaries"]
        if summary["Source"]["SourceUri"].endswith(f"/{name}")
    ]
