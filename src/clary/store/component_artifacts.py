"""The artifacts of a trial component: what it reads and writes, from the members of its document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Document = dict[str, Any]

MODEL_OUTPUT = "SageMaker.ModelArtifact"
IMAGE_INPUT = "SageMaker.ImageUri"
DEBUG_OUTPUT = "SageMaker.DebugHookOutput"
CHECKPOINT = "SageMaker.Checkpoint"
"""Names of the artifacts of a job's component."""

CODE_INPUTS = ("code", "entrypoint")
"""Names that the SDK gives to the inputs with the code of a processing job."""

SOURCE_CODE = "sagemaker_submit_directory"
"""The parameter with the URI of the source in script mode."""

NAME_LIMIT = 120


def artifacts_of(component: Document) -> Iterator[tuple[Document, bool]]:
    """Yields every artifact with a URI that a component reads (True) or writes (False)."""
    for key, value in component.get("InputArtifacts", {}).items():
        if key == IMAGE_INPUT:
            yield automatic_artifact(value["Value"], "Image"), True
        elif key == MODEL_OUTPUT and value["Value"].startswith("s3://"):
            yield automatic_artifact(value["Value"], "Model"), True
        elif value["Value"].startswith("s3://"):
            yield _of_input(key, value["Value"]), True
    code = source_code_of(component.get("Parameters", {}))
    if code:
        yield automatic_artifact(code, "Code"), True
    for key, value in component.get("OutputArtifacts", {}).items():
        # Debug output is in a folder that jobs share: it does not connect them.
        if value["Value"].startswith("s3://") and key != DEBUG_OUTPUT:
            kind = "Model" if key == MODEL_OUTPUT else "DataSet"
            yield automatic_artifact(value["Value"], kind, "" if kind == "Model" else key), False


def _of_input(key: str, uri: str) -> Document:
    if key == MODEL_OUTPUT:
        return automatic_artifact(uri, "Model")
    return automatic_artifact(uri, "Code" if key in CODE_INPUTS else "DataSet", key)


def source_code_of(parameters: Document) -> str:
    """Returns the S3 URI of the source in script mode; empty without one."""
    spelled = parameters.get(SOURCE_CODE, {}).get("StringValue", "")
    uri = spelled.strip('"')
    return uri if uri.startswith("s3://") else ""


def automatic_artifact(uri: str, kind: str, name: str = "") -> Document:
    """Returns the artifact of a URI as the platform makes it."""
    last = uri.rstrip("/").rpartition("/")[2]
    return {
        "Source": {"SourceUri": uri},
        "ArtifactType": kind,
        "ArtifactName": (name or last or uri)[:NAME_LIMIT],
    }
