"""``clary automl``: an Autopilot job without the SDK."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail

if TYPE_CHECKING:
    from clary.cli.client import ServerConnection

Document = dict[str, Any]

MODES = {"auto": "AUTO", "ensembling": "ENSEMBLING", "tuning": "HYPERPARAMETER_TUNING"}
PROBLEMS = {
    "binary": "BinaryClassification",
    "multiclass": "MulticlassClassification",
    "regression": "Regression",
}
PARQUET = "x-application/vnd.amazon+parquet"


def automl(
    data: Annotated[
        str | None,
        typer.Argument(help="A table: ./file.csv, .csv.gz, .parquet, a folder of them, or s3://..."),
    ] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    validation: Annotated[
        str | None, typer.Option(help="A second table to measure candidates on; by default a part of DATA.")
    ] = None,
    problem: Annotated[
        str | None, typer.Option(help="binary, multiclass or regression; by default the data decides.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="What to optimize, as F1, AUC, Accuracy, RMSE; needs --problem.")
    ] = None,
    mode: Annotated[str, typer.Option(help="ensembling, tuning, or auto: by the size of the data.")] = "auto",
    candidates: Annotated[int | None, typer.Option(help="The most candidates.")] = None,
    max_run: Annotated[
        int | None, typer.Option(help="Longest run in seconds; the best until then remains.")
    ] = None,
    max_candidate_run: Annotated[
        int | None, typer.Option(help="Longest training of a candidate, in seconds.")
    ] = None,
    header: Annotated[
        bool,
        typer.Option(help="--no-header: a CSV begins with data; its columns are then named _c0, _c1, ..."),
    ] = True,
    deploy: Annotated[
        str | None, typer.Option(metavar="ENDPOINT", help="Serve the best one by this name at the end.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the job, at most 32 characters.")] = None,
    role: Annotated[str, typer.Option(help="Name of the execution role.")] = "ClaryExecutionRole",
    follow: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only show an Autopilot job that is there.")
    ] = None,
    detach: Annotated[bool, typer.Option("-d", "--detach", help="Do not wait for the job.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Find a model for a table: clary automl data.csv --target price

    The exit code is the job's: 0 Completed, 1 Failed, 3 Stopped.
    """
    from botocore.exceptions import ClientError

    from clary.cli.automl_watch import watch_automl
    from clary.cli.client import connect
    from clary.cli.names import tuning_job_name

    if follow is not None:
        watch_automl(connect(home), follow)
        return
    if data is None or target is None:
        fail("which table, and which column? clary automl data.csv --target COLUMN")
    config = {
        "Mode": _one_of("--mode", mode, MODES),
        "CompletionCriteria": _present(
            MaxCandidates=candidates,
            MaxAutoMLJobRuntimeInSeconds=max_run,
            MaxRuntimePerTrainingJobInSeconds=max_candidate_run,
        ),
    }
    objective = _objective(problem, metric)
    for table in filter(None, (data, validation)):
        if not table.startswith("s3://") and not Path(table).exists():
            fail(f"{table} does not exist")
    content = PARQUET if _is_parquet(data) else f"text/csv;header={'present' if header else 'absent'}"
    connection = connect(home)
    job = name or tuning_job_name(Path(data).name.partition(".")[0])
    try:
        request: Document = {
            "AutoMLJobName": job,
            "InputDataConfig": _channels(connection, job, data, validation, target, content),
            "OutputDataConfig": {"S3OutputPath": f"s3://{connection.bucket}/"},
            "AutoMLJobConfig": config,
            "RoleArn": f"arn:aws:iam::{connection.account}:role/{role}",
            **objective,
            **({"ModelDeployConfig": {"EndpointName": deploy}} if deploy else {}),
        }
        connection.client("sagemaker").create_auto_ml_job(**request)
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    if detach:
        typer.echo(job)
        return
    watch_automl(connection, job)


def _objective(problem: str | None, metric: str | None) -> Document:
    if (problem is None) != (metric is None):
        fail("give --problem and --metric, or none of them to let the data decide")
    if problem is None:
        return {}
    return {
        "ProblemType": _one_of("--problem", problem, PROBLEMS),
        "AutoMLJobObjective": {"MetricName": metric},
    }


def _one_of(option: str, value: str, known: dict[str, str]) -> str:
    if value.lower() not in known:
        fail(f"{option} {value}: choose {', '.join(known)}")
    return known[value.lower()]


def _present(**members: int | None) -> Document:
    return {member: value for member, value in members.items() if value is not None}


def _is_parquet(data: str) -> bool:
    path = Path(data)
    files = [path.name] if not path.is_dir() else [file.name for file in path.iterdir()]
    return any(file.endswith((".parquet", ".pq")) for file in files)


def _channels(
    connection: ServerConnection, job: str, data: str, validation: str | None, target: str, content: str
) -> list[Document]:
    from clary.cli.sending import channel_to_send, make_bucket, send_channel

    wanted = [channel_to_send(f"training={data}")]
    if validation is not None:
        wanted.append(channel_to_send(f"validation={validation}"))
    make_bucket(connection)
    return [
        {
            "ChannelType": channel,
            "DataSource": _source(send_channel(connection, job, channel, location)),
            "TargetAttributeName": target,
            "ContentType": content,
        }
        for channel, location in wanted
    ]


def _source(channel: Document) -> Document:
    source = channel["DataSource"]["S3DataSource"]
    return {"S3DataSource": {member: source[member] for member in ("S3DataType", "S3Uri")}}
