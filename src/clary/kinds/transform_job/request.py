"""Checks of CreateTransformJob that the model of the wire can't express. Every error names member and fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.domain.json_path import BadJsonPath, JsonPath
from clary.kinds.experiment_config import check_experiment_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.stores import Document, Stores

FORMATS = {
    "text/csv": "CSV",
    "application/json": "JSON",
    "application/jsonlines": "JSON",
    "application/x-jsonlines": "JSON",
}
MOST_PAYLOAD_MB = 100
DEFAULT_PAYLOAD_MB = 6


def check_transform_request(stores: Stores, request: Document, containers: Sequence[Document]) -> None:
    """Raises ValidationError, BadRequest for what the machine can't run, NotFound for experiments."""
    for container in containers:
        if container.get("Mode") == "MultiModel":
            raise ValidationError(
                f"Model {request['ModelName']} has the Mode MultiModel, and a transform job runs one model; "
                "make a model whose ModelDataUrl is the archive to use."
            )
        stores.machines.check_image(container["Image"])
    resources = request["TransformResources"]
    stores.machines.check_cluster(resources["InstanceType"], resources["InstanceCount"])
    if request.get("DataCaptureConfig"):
        raise ValidationError(
            "DataCaptureConfig is not served for transform jobs; leave it out. What was sent and answered is "
            "in TransformInput and TransformOutput."
        )
    _check_input(request["TransformInput"]["DataSource"]["S3DataSource"])
    _check_uri("TransformOutput.S3OutputPath", request["TransformOutput"]["S3OutputPath"])
    _check_sizes(request)
    if "DataProcessing" in request:
        _check_processing(request, request["DataProcessing"])
    check_experiment_config(stores, dict(request.get("ExperimentConfig", {})))


def _check_input(source: Document) -> None:
    where = "TransformInput.DataSource.S3DataSource"
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise ValidationError(
            f"{where}.S3DataType is {source['S3DataType']}; transform jobs take S3Prefix and ManifestFile."
        )
    _check_uri(f"{where}.S3Uri", source["S3Uri"])


def _check_uri(where: str, uri: str) -> None:
    if not uri.startswith("s3://") or not uri.removeprefix("s3://").partition("/")[0]:
        raise ValidationError(f"{where} is {uri!r}; it has to begin with s3:// and a bucket")


def _check_sizes(request: Document) -> None:
    payload = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
    at_a_time = request.get("MaxConcurrentTransforms", 1)
    if payload > MOST_PAYLOAD_MB:
        raise ValidationError(f"MaxPayloadInMB is {payload}; it can be {MOST_PAYLOAD_MB} at most.")
    if payload * at_a_time > MOST_PAYLOAD_MB:
        raise ValidationError(
            f"MaxConcurrentTransforms ({at_a_time}) times MaxPayloadInMB ({payload}) can be "
            f"{MOST_PAYLOAD_MB} at most; make one of them smaller."
        )


def _check_processing(request: Document, processing: Document) -> None:
    for member in ("InputFilter", "OutputFilter"):
        try:
            JsonPath.parse(processing.get(member, "$"))
        except BadJsonPath as error:
            raise ValidationError(f"DataProcessing.{member}: {error}") from None
    joins = processing.get("JoinSource", "None") == "Input"
    if not joins and {processing.get("InputFilter", "$"), processing.get("OutputFilter", "$")} == {"$"}:
        return
    sent = _format(request["TransformInput"].get("ContentType", ""))
    accept = request["TransformOutput"].get("Accept", "")
    if not sent:
        raise ValidationError(
            "DataProcessing needs TransformInput.ContentType to be text/csv, application/json or "
            "application/jsonlines: filters and joins read the records."
        )
    if accept and _format(accept) != sent:
        raise ValidationError(
            f"DataProcessing needs records and answers of one format, but TransformInput.ContentType is "
            f"{sent} and TransformOutput.Accept is {accept}."
        )
    split = request["TransformInput"].get("SplitType", "None")
    assemble = request["TransformOutput"].get("AssembleWith", "None")
    if split not in ("None", "Line"):
        raise ValidationError(f"DataProcessing needs the SplitType None or Line, not {split}.")
    if joins and split != assemble:
        raise ValidationError(
            f"DataProcessing.JoinSource Input needs TransformInput.SplitType ({split}) and "
            f"TransformOutput.AssembleWith ({assemble}) to be the same: Line, or None."
        )


def _format(content_type: str) -> str:
    return FORMATS.get(content_type.partition(";")[0].strip().lower(), "")
