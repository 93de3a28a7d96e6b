"""``clary train``: the same training job for people without the SDK."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail, say

if TYPE_CHECKING:
    from clary.cli.client import Connection


def train(
    script: Annotated[Path, typer.Argument(help="The script to train with.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(help="After --: the script's own arguments.")
    ] = None,
    image: Annotated[str, typer.Option(help="Image name; clary images list shows them.")] = "pytorch",
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", help="CHANNEL=./folder, ./file or s3://...; may be repeated."),
    ] = None,
    instance_type: Annotated[str, typer.Option(help="Instance type of each host.")] = "ml.m5.xlarge",
    count: Annotated[int, typer.Option(help="How many hosts.")] = 1,
    source_dir: Annotated[
        Path | None, typer.Option(help="Folder to send with the script; the script's path is relative to it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the job.")] = None,
    output: Annotated[str | None, typer.Option(help="s3://... folder for the model.")] = None,
    role: Annotated[str, typer.Option(help="Name of the execution role.")] = "ClaryExecutionRole",
    max_run: Annotated[int, typer.Option(help="Longest run, in seconds.")] = 86_400,
    detach: Annotated[bool, typer.Option("-d", "--detach", help="Do not wait for the job.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
) -> None:
    """Run a script as a training job: clary train script.py --input training=./data -- --epochs 3"""
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.names import job_name

    folder, entry = _source(script, source_dir)
    channels = [_channel(spec) for spec in inputs or []]
    connection = connect(home)
    job = name or job_name(script.stem)
    try:
        _make_bucket(connection)
        code = _upload_source(connection, job, folder, entry, whole=source_dir is not None)
        hyperparameters, verbatim = _script_arguments(arguments or [])
        request: dict[str, Any] = {
            "TrainingJobName": job,
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "RoleArn": f"arn:aws:iam::{connection.account}:role/{role}",
            "HyperParameters": {
                **hyperparameters,
                "sagemaker_program": json.dumps(entry),
                "sagemaker_submit_directory": json.dumps(code),
                "sagemaker_job_name": json.dumps(job),
                "sagemaker_region": json.dumps(connection.region),
                "sagemaker_container_log_level": "20",
            },
            "InputDataConfig": [_upload_channel(connection, job, *channel) for channel in channels],
            "OutputDataConfig": {"S3OutputPath": output or f"s3://{connection.bucket}/"},
            "ResourceConfig": {"InstanceType": instance_type, "InstanceCount": count, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": max_run},
        }
        if not channels:
            del request["InputDataConfig"]
        if verbatim:
            request["AlgorithmSpecification"]["ContainerArguments"] = verbatim
        connection.client("sagemaker").create_training_job(**request)
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    if detach:
        typer.echo(job)
        return
    watch(connection, job)


def watch(connection: Connection, job: str) -> None:
    """Follows a job with live progress; ends the command with code 1 when the job failed.

    Ctrl-C leaves the job running.
    """
    from rich.console import Console
    from rich.markup import escape

    from clary.cli.follow import follow

    console = Console(stderr=True)
    many = False
    with console.status(f"{job}: Starting") as status:

        def on_state(description: dict[str, Any]) -> None:
            nonlocal many
            many = description["ResourceConfig"].get("InstanceCount", 2) > 1
            last = description["SecondaryStatusTransitions"][-1]
            detail = f" - {last['StatusMessage']}" if last.get("StatusMessage") else ""
            status.update(escape(f"{job}: {last['Status']}{detail}"))

        def on_line(host: str, line: str) -> None:
            typer.echo(f"{host} | {line}" if many else line)

        try:
            ended = follow(
                connection.client("sagemaker"),
                connection.client("logs"),
                job,
                on_line=on_line,
                on_state=on_state,
            )
        except KeyboardInterrupt:
            say(f"\n{job} goes on; follow it again with: clary logs -f {job}")
            raise typer.Exit(130) from None
    if ended["TrainingJobStatus"] == "Failed":
        fail(f"{job} failed: {ended.get('FailureReason', 'no reason was given')}")
    seconds = ended.get("TrainingTimeInSeconds", 0)
    say(f"{job}: {ended['TrainingJobStatus']} after {seconds} s")
    for metric in ended.get("FinalMetricDataList", []):
        say(f"  {metric['MetricName']} = {metric['Value']:g}")
    if ended.get("ModelArtifacts"):
        say(f"  model: {ended['ModelArtifacts']['S3ModelArtifacts']}")


def _source(script: Path, source_dir: Path | None) -> tuple[Path, str]:
    """The folder to send and the entry point within it."""
    if source_dir is None:
        if not script.is_file():
            fail(f"{script} is not a file")
        return script.parent, script.name
    if not (source_dir / script).is_file():
        fail(f"{source_dir / script} is not a file; SCRIPT is relative to --source-dir")
    return source_dir, script.as_posix()


def _channel(spec: str) -> tuple[str, str]:
    channel, separator, location = spec.partition("=")
    if not separator or not channel or not location:
        fail(f"--input {spec}: write it as CHANNEL=./folder or CHANNEL=s3://bucket/prefix")
    if not location.startswith("s3://") and not Path(location).exists():
        fail(f"--input {spec}: {location} does not exist")
    return channel, location


def _script_arguments(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """The script's arguments as hyperparameters, which the job's record can be searched by; else verbatim.

    Hyperparameters spell ``--name value`` once per name and nothing else, so one flag among the
    arguments makes all of them verbatim: their order may matter.
    """
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, separator, value = rest.pop(0).partition("=")
        if not separator and rest and not rest[0].startswith("--"):
            separator, value = " ", rest.pop(0)
        if not name.startswith("--") or not separator or name[2:] in found:
            return {}, arguments
        found[name[2:]] = value
    return found, []


def _make_bucket(connection: Connection) -> None:
    s3 = connection.client("s3")
    where = {} if connection.region == "us-east-1" else {"LocationConstraint": connection.region}
    from botocore.exceptions import ClientError

    try:
        s3.create_bucket(Bucket=connection.bucket, **({"CreateBucketConfiguration": where} if where else {}))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise


def _upload_source(connection: Connection, job: str, folder: Path, entry: str, *, whole: bool) -> str:
    """Sends the script, or the whole folder, as the SDK does; answers its URI."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        if whole:
            for path in sorted(folder.iterdir()):
                archive.add(path, arcname=path.name, filter=_without_noise)
        else:
            archive.add(folder / entry, arcname=entry)
    key = f"{job}/source/sourcedir.tar.gz"
    connection.client("s3").put_object(Bucket=connection.bucket, Key=key, Body=packed.getvalue())
    return f"s3://{connection.bucket}/{key}"


def _without_noise(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    name = member.name.rpartition("/")[2]
    return None if name in ("__pycache__", ".git", ".venv", ".ipynb_checkpoints") else member


def _upload_channel(connection: Connection, job: str, channel: str, location: str) -> dict[str, Any]:
    if not location.startswith("s3://"):
        location = _upload_folder(connection, f"{job}/input/{channel}", Path(location))
    return {
        "ChannelName": channel,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": location,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


def _upload_folder(connection: Connection, prefix: str, path: Path) -> str:
    from rich.progress import Progress

    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    if not files:
        fail(f"{path} has no files")
    root = path if path.is_dir() else path.parent
    s3 = connection.client("s3")
    with Progress(transient=True) as progress:
        task = progress.add_task(f"Uploading {path}", total=sum(file.stat().st_size for file in files))
        for file in files:
            with file.open("rb") as content:
                s3.put_object(
                    Bucket=connection.bucket,
                    Key=f"{prefix}/{file.relative_to(root).as_posix()}",
                    Body=content,
                )
            progress.advance(task, file.stat().st_size)
    return f"s3://{connection.bucket}/{prefix}"
