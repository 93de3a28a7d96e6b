"""``clary predict``: asks an endpoint, and prints its answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from clary.cli.console import fail

CONTENT_TYPES = {"json": "application/json", "csv": "text/csv", "npy": "application/x-npy"}


def predict(
    endpoint: Annotated[str, typer.Argument(help="Name of the endpoint.")],
    json_: Annotated[str | None, typer.Option("--json", metavar="FILE|-|TEXT", help="Ask with JSON.")] = None,
    csv: Annotated[str | None, typer.Option("--csv", metavar="FILE|-|TEXT", help="Ask with CSV.")] = None,
    npy: Annotated[
        str | None, typer.Option("--npy", metavar="FILE|-", help="Ask with an array of numpy.")
    ] = None,
    accept: Annotated[
        str | None, typer.Option(help="Content type of the answer, text/csv for example.")
    ] = None,
    variant: Annotated[str | None, typer.Option(help="Variant of the endpoint that answers.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Model of an endpoint with several, model.tar.gz.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Ask an endpoint: clary predict digits --json '{"inputs": [1, 2, 3]}', or --csv rows.csv, or --npy -

    The answer is printed as it came. The exit code is 1 when the model, or the request, failed.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from clary.cli.client import connect

    given = {kind: text for kind, text in (("json", json_), ("csv", csv), ("npy", npy)) if text is not None}
    if len(given) != 1:
        fail("give one of --json, --csv and --npy", 2)
    [(kind, where)] = given.items()
    wanted = {"Accept": accept, "TargetVariant": variant, "TargetModel": model}
    request = {member: value for member, value in wanted.items() if value is not None}
    body = body_of(kind, where)
    try:
        answered = (
            connect(home)
            .client("sagemaker-runtime")
            .invoke_endpoint(EndpointName=endpoint, ContentType=CONTENT_TYPES[kind], Body=body, **request)
        )
        answer = answered["Body"].read()
    except ClientError as error:
        fail(str(error.response.get("OriginalMessage") or error.response["Error"]["Message"]))
    except BotoCoreError as error:
        fail(f"{endpoint} did not answer: {error}")
    print_answer(answer, answered.get("ContentType", ""))


def body_of(kind: str, where: str) -> bytes:
    """Returns the body of a request: of a file, of standard input for ``-``, or the text itself."""
    if where == "-":
        return sys.stdin.buffer.read()
    path = Path(where)
    try:
        if path.is_file():
            return path.read_bytes()
    except (OSError, ValueError):
        pass  # too long for a path: it is the text
    if kind == "npy" or not _is_text(kind, where):
        fail(f"--{kind} {where[:80]}: there is no such file")
    return where.encode()


def _is_text(kind: str, text: str) -> bool:
    """Whether this may be meant as the text itself, and not as the name of a file that is not there."""
    import json

    if kind == "csv":
        return "," in text or "\n" in text or text.replace(".", "", 1).lstrip("-").isdigit()
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def print_answer(answer: bytes, content_type: str) -> None:
    """Prints an answer on standard output; an array of numpy as rows in a terminal, else its bytes."""
    if sys.stdout.isatty() and content_type.startswith(CONTENT_TYPES["npy"]):
        import io

        import numpy

        # Rows of numbers only: an array of objects would run what the model has put into it.
        typer.echo(str(numpy.load(io.BytesIO(answer), allow_pickle=False)))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(answer)
    if sys.stdout.isatty() and not answer.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()
