"""Checks of CreateProcessingJob that the model can't express. Every error names the member and the fix."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.kinds.experiment_config import check_experiment_config
from clary.kinds.isolation import check_isolation

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores

ROOT = "/opt/ml/processing"


def check_processing_request(stores: Stores, request: Document) -> None:
    """Raises ValidationError, BadRequest for what the machine can't run, NotFound for experiments."""
    application = request["AppSpecification"]
    stores.machines.check_image(application["ImageUri"])
    if request.get("NetworkConfig", {}).get("EnableNetworkIsolation"):
        check_isolation(stores, "NetworkConfig.EnableNetworkIsolation", application["ImageUri"])
    _check_cluster(stores, request["ProcessingResources"]["ClusterConfig"])
    _check_inputs(request.get("ProcessingInputs", []))
    _check_outputs(request.get("ProcessingOutputConfig", {}).get("Outputs", []))
    if "AutoMLJobArn" not in request:
        # The experiment of an Autopilot job may be deleted while it runs; its further jobs are in none then.
        check_experiment_config(stores, dict(request.get("ExperimentConfig", {})))


def selected(cluster: Document) -> Document:
    """The cluster as Describe shows it. Of several preferences, the first is selected."""
    if "InstancePreferences" in cluster:
        first = cluster["InstancePreferences"][0]
        count = first.get("InstanceCount", cluster.get("InstanceCount", 1))
        return {
            "InstanceCount": count,
            **cluster,
            "SelectedInstanceType": first["InstanceType"],
            "SelectedInstanceCount": count,
        }
    return {"InstanceCount": 1, **cluster}


def _check_cluster(stores: Stores, cluster: Document) -> None:
    where = "ProcessingResources.ClusterConfig"
    for member in ("SelectedInstanceType", "SelectedInstanceCount"):
        if member in cluster:
            raise ValidationError(f"{where}.{member} is an answer of DescribeProcessingJob; leave it out.")
    if ("InstanceType" in cluster) == ("InstancePreferences" in cluster):
        raise ValidationError(f"{where} needs InstanceType or InstancePreferences, one of the two.")
    if "InstanceType" in cluster:
        stores.machines.check_cluster(cluster["InstanceType"], cluster.get("InstanceCount", 1))
        return
    chosen = selected(cluster)
    stores.machines.check_cluster(chosen["SelectedInstanceType"], chosen["SelectedInstanceCount"])


def _check_inputs(inputs: list[Document]) -> None:
    _check_names("ProcessingInputs", "InputName", inputs)
    places: dict[str, str] = {}
    for each in inputs:
        name = each["InputName"]
        if "DatasetDefinition" in each:
            raise ValidationError(
                f"ProcessingInputs {name}: DatasetDefinition (Athena, Redshift) is not served; write the "
                "result of the query to S3 and give it as S3Input."
            )
        if "S3Input" not in each:
            raise ValidationError(f"ProcessingInputs {name}: S3Input is required.")
        source = each["S3Input"]
        _check_uri(f"ProcessingInputs {name}", source["S3Uri"])
        if each.get("AppManaged"):
            continue
        if source.get("S3InputMode") == "Pipe":
            raise ValidationError(
                f"ProcessingInputs {name}: S3InputMode Pipe is not served for processing jobs; use File, "
                "which copies nothing on this machine."
            )
        place = _local_path(f"ProcessingInputs {name}: S3Input", source)
        if place in places:
            raise ValidationError(
                f"ProcessingInputs {name}: LocalPath {place} is that of {places[place]} too; give each input "
                "a folder of its own."
            )
        places[place] = name


def _check_outputs(outputs: list[Document]) -> None:
    _check_names("ProcessingOutputConfig.Outputs", "OutputName", outputs)
    for each in outputs:
        name = each["OutputName"]
        if "FeatureStoreOutput" in each:
            raise ValidationError(
                f"ProcessingOutputConfig.Outputs {name}: FeatureStoreOutput is not served; use S3Output."
            )
        if "S3Output" not in each:
            raise ValidationError(f"ProcessingOutputConfig.Outputs {name}: S3Output is required.")
        _check_uri(f"ProcessingOutputConfig.Outputs {name}", each["S3Output"]["S3Uri"])
        if not each.get("AppManaged"):
            _local_path(f"ProcessingOutputConfig.Outputs {name}: S3Output", each["S3Output"])


def _check_names(where: str, member: str, entries: list[Document]) -> None:
    names = [each[member] for each in entries]
    for name in names:
        if not name:
            raise ValidationError(f"{where}: {member} is empty; give each entry a name.")
        if names.count(name) > 1:
            raise ValidationError(f"{where}: the {member} {name} is used twice; each may be used once.")


def _check_uri(where: str, uri: str) -> None:
    if not uri.startswith("s3://"):
        raise ValidationError(f"{where}: S3Uri is {uri!r}; it has to begin with s3://")


def _local_path(where: str, described: Document) -> str:
    local = described.get("LocalPath", "")
    place = posixpath.normpath(local) if local else ""
    if not place.startswith(f"{ROOT}/"):
        raise ValidationError(f"{where}.LocalPath is {local!r}; it has to begin with {ROOT}/")
    return place
