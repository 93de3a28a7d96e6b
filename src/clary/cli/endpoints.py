"""``clary endpoints``: what is deployed, how much it is asked, and how fast it answers."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import FAILED, say
from clary.cli.tables import print_rows

if TYPE_CHECKING:
    from clary.cli.client import ServerConnection

Home = Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")]

WINDOW_S = 60
"""Requests and latencies are those of the last minute."""
NAMESPACE = "AWS/SageMaker"
COUNT, P50, P99 = ("Invocations", "Sum"), ("ModelLatency", "p50"), ("ModelLatency", "p99")

endpoints = typer.Typer(help="Endpoints: what is deployed, and how it is asked.", invoke_without_command=True)


@endpoints.callback()
def list_endpoints(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    home: Home = None,
) -> None:
    """List endpoints, with requests a second and latencies of the last minute."""
    if context.invoked_subcommand is not None:
        return
    from clary.cli.client import connect

    connection = connect(home)
    sagemaker = connection.client("sagemaker")
    pages = sagemaker.get_paginator("list_endpoints").paginate()
    names = [each["EndpointName"] for page in pages for each in page["Endpoints"]]
    found = [_described(connection, sagemaker.describe_endpoint(EndpointName=name)) for name in names]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    elif not found:
        say("there are no endpoints; clary deploy JOB makes one")
    else:
        titles = ["Name", "Status", "Variants", "Requests/s", "p50", "p99", "Created"]
        print_rows(
            titles, [_row(each) for each in found], may_leave_out=("Created", "Variants", "p99", "p50")
        )
        for each in found:
            if each["FailureReason"]:
                say(f"{each['Name']}: {each['FailureReason']}")


@endpoints.command("delete")
def delete(
    names: Annotated[list[str], typer.Argument(help="Names of endpoints.")],
    home: Home = None,
) -> None:
    """Delete endpoints: their processes end, and their models stay in S3."""
    from botocore.exceptions import ClientError

    from clary.cli.client import connect

    sagemaker = connect(home).client("sagemaker")
    refused = False
    for name in names:
        try:
            sagemaker.delete_endpoint(EndpointName=name)
        except ClientError as error:
            say(f"clary: {name}: {error.response['Error']['Message']}")
            refused = True
            continue
        say(f"{name} is being deleted")
    if refused:
        raise typer.Exit(FAILED)


def _described(connection: ServerConnection, endpoint: dict[str, Any]) -> dict[str, Any]:
    name = endpoint["EndpointName"]
    variants = [variant["VariantName"] for variant in endpoint.get("ProductionVariants", [])]
    seen = _measured(connection, name, variants)
    return {
        "Name": name,
        "Status": endpoint["EndpointStatus"],
        "Variants": [_variant(variant) for variant in endpoint.get("ProductionVariants", [])],
        "RequestsPerSecond": sum(seen.get((each, *COUNT), 0.0) for each in variants) / WINDOW_S,
        # The slowest variant: latencies of several can't be put together.
        "P50Ms": _slowest(seen, variants, P50),
        "P99Ms": _slowest(seen, variants, P99),
        "Created": endpoint["CreationTime"].isoformat(),
        "FailureReason": endpoint.get("FailureReason", ""),
    }


def _variant(variant: dict[str, Any]) -> str:
    if "CurrentServerlessConfig" in variant:
        return f"{variant['VariantName']} (serverless)"
    return f"{variant['VariantName']} {variant['CurrentInstanceCount']}/{variant['DesiredInstanceCount']}"


def _measured(
    connection: ServerConnection, name: str, variants: list[str]
) -> dict[tuple[str, str, str], float]:
    """(variant, metric, statistic) to its value in the last minute; without those that have none."""
    if not variants:
        return {}
    asked = {
        f"m{number}": (variant, metric, statistic)
        for number, (variant, (metric, statistic)) in enumerate(
            (variant, each) for variant in variants for each in (COUNT, P50, P99)
        )
    }
    end = datetime.datetime.now(datetime.UTC)
    answered = connection.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": key, "MetricStat": _statistic(name, *of)} for key, of in asked.items()],
        StartTime=end - datetime.timedelta(seconds=WINDOW_S),
        EndTime=end,
    )
    return {asked[each["Id"]]: each["Values"][0] for each in answered["MetricDataResults"] if each["Values"]}


def _statistic(endpoint: str, variant: str, metric: str, statistic: str) -> dict[str, Any]:
    dimensions = {"EndpointName": endpoint, "VariantName": variant}
    described = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {
        "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": described},
        "Period": WINDOW_S,
        "Stat": statistic,
    }


def _slowest(
    seen: dict[tuple[str, str, str], float], variants: list[str], which: tuple[str, str]
) -> float | None:
    """Milliseconds. CloudWatch has microseconds."""
    found = [seen[each, *which] for each in variants if (each, *which) in seen]
    return max(found) / 1000 if found else None


def _row(each: dict[str, Any]) -> list[str]:
    created = datetime.datetime.fromisoformat(each["Created"]).astimezone()
    return [
        each["Name"],
        each["Status"],
        ", ".join(each["Variants"]),
        f"{each['RequestsPerSecond']:.1f}",
        *("" if each[key] is None else f"{each[key]:.1f} ms" for key in ("P50Ms", "P99Ms")),
        f"{created:%Y-%m-%d %H:%M}",
    ]
