"""Uploads what a job needs to S3: its source and the folders of its channels."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clary.cli.console import fail, progress

if TYPE_CHECKING:
    from clary.cli.client import ServerConnection

LEFT_OUT = ("__pycache__", ".git", ".venv", ".ipynb_checkpoints")
"""Names that are left out of an uploaded folder."""


def make_bucket(connection: ServerConnection) -> None:
    """Creates the default bucket if it does not exist."""
    from botocore.exceptions import ClientError

    where = {} if connection.region == "us-east-1" else {"LocationConstraint": connection.region}
    request = {"Bucket": connection.bucket, **({"CreateBucketConfiguration": where} if where else {})}
    try:
        connection.client("s3").create_bucket(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise


def source_to_send(script: Path, source_dir: Path | None) -> tuple[Path, str]:
    """Returns the folder of the source and the entry point in it; ends the command without a script."""
    if source_dir is None:
        if not script.is_file():
            fail(f"{script} is not a file")
        return script.parent, script.name
    if not (source_dir / script).is_file():
        fail(f"{source_dir / script} is not a file; SCRIPT is relative to --source-dir")
    return source_dir, script.as_posix()


def send_source(connection: ServerConnection, job: str, folder: Path, entry: str, *, whole: bool) -> str:
    """Uploads the script, or the whole folder, as the SDK does. Returns its URI."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        if whole:
            for path in sorted(folder.iterdir()):
                archive.add(path, arcname=path.name, filter=_filtered)
        else:
            archive.add(folder / entry, arcname=entry)
    key = f"{job}/source/sourcedir.tar.gz"
    connection.client("s3").put_object(Bucket=connection.bucket, Key=key, Body=packed.getvalue())
    return f"s3://{connection.bucket}/{key}"


def channel_to_send(spec: str) -> tuple[str, str]:
    """Name and place of ``CHANNEL=place``; ends the command when it is not that."""
    channel, separator, location = spec.partition("=")
    if not separator or not channel or not location:
        fail(f"--input {spec}: write it as CHANNEL=./folder or CHANNEL=s3://bucket/prefix")
    if not location.startswith("s3://") and not Path(location).exists():
        fail(f"--input {spec}: {location} does not exist")
    return channel, location


def send_channel(connection: ServerConnection, job: str, channel: str, location: str) -> dict[str, Any]:
    """Returns the channel for a request. A folder or file of this machine is uploaded first."""
    if not location.startswith("s3://"):
        location = _send_folder(connection, f"{job}/input/{channel}", Path(location))
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


def _send_folder(connection: ServerConnection, prefix: str, path: Path) -> str:
    from rich.progress import BarColumn, DownloadColumn, TextColumn

    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    if not files:
        fail(f"{path} has no files")
    root = path if path.is_dir() else path.parent
    s3 = connection.client("s3")
    with progress(TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn()) as bar:
        task = bar.add_task(f"Uploading {path}", total=sum(file.stat().st_size for file in files))
        for file in files:
            with file.open("rb") as content:
                s3.put_object(
                    Bucket=connection.bucket,
                    Key=f"{prefix}/{file.relative_to(root).as_posix()}",
                    Body=content,
                )
            bar.advance(task, file.stat().st_size)
    return f"s3://{connection.bucket}/{prefix}"


def _filtered(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.rpartition("/")[2] in LEFT_OUT else member
