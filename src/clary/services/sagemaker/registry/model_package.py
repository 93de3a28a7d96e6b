"""Model packages: models with what is known of them. Versions of a group, or packages of their own.

The record of a group counts its versions. A number is given once, in the transaction that stores the version:
no number is left out, and none is given again after a version was deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import PlatformError, ValidationError
from clary.kinds.entities import author_of, chosen
from clary.kinds.serving_lineage import follow_package
from clary.kinds.tags import tags_of_request
from clary.services.sagemaker._listing import list_records
from clary.store.records import RecordExists

from ._found import (
    GROUP,
    MODEL_PACKAGE,
    UNVERSIONED,
    VERSIONED,
    find_group,
    find_package,
    package_arn,
    package_record_name,
    version_name,
)
from ._package_checks import check_package, check_specifications, check_update
from ._sources import members_of_source

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        BatchDescribeModelPackageInputTypeDef,
        CreateModelPackageInputTypeDef,
        DeleteModelPackageInputTypeDef,
        DescribeModelPackageInputTypeDef,
        ListModelPackagesInputTypeDef,
        UpdateModelPackageInputTypeDef,
    )

    from clary.services.context import Context, Document, Record

PENDING = "PendingManualApproval"
TOKENS_KEPT = 100
"""The ClientTokens of a group's last versions: a client that repeats a request gets the version it made."""


def create_model_package(ctx: Context, request: CreateModelPackageInputTypeDef) -> Document:
    """Creates a version of a group, or an unversioned package. Raises ValidationError."""
    check_package(request)
    wanted: Document = {**members_of_source(ctx, request.get("SourceUri", "")), **request}
    check_specifications(wanted)
    token = wanted.pop("ClientToken", "")
    with ctx.records.transaction():
        if "ModelPackageGroupName" in request:
            return {"ModelPackageArn": _create_version(ctx, wanted, token)}
        return {"ModelPackageArn": _create_unversioned(ctx, wanted, token)}


def describe_model_package(ctx: Context, request: DescribeModelPackageInputTypeDef) -> Document:
    """Raises ValidationError for an unknown package."""
    found = find_package(ctx, request["ModelPackageName"])
    if request.get("IncludedData") == "MetadataOnly" and "ModelCard" in found:
        return {**found, "ModelCard": {**found["ModelCard"], "ModelCardContent": "{}"}}
    return found


def batch_describe_model_package(ctx: Context, request: BatchDescribeModelPackageInputTypeDef) -> Document:
    """What there is of each package; the error of each that can't be described."""
    answer: Document = {"ModelPackageSummaries": {}, "BatchDescribeModelPackageErrorMap": {}}
    for arn in request["ModelPackageArnList"]:
        try:
            answer["ModelPackageSummaries"][arn] = find_package(ctx, arn)
        except PlatformError as error:
            said = {"ErrorCode": error.code, "ErrorResponse": error.message}
            answer["BatchDescribeModelPackageErrorMap"][arn] = said
    return answer


def list_model_packages(ctx: Context, request: ListModelPackagesInputTypeDef) -> Document:
    """The versions of a group, or packages of a type: unversioned ones, if the request has no type."""
    members: list[tuple[str, str]] = []
    if "ModelPackageGroupName" in request:
        group = find_group(ctx, request["ModelPackageGroupName"])
        members.append((GROUP.name_member, group[GROUP.name_member]))
    elif request.get("ModelPackageType", UNVERSIONED) != "Both":
        members.append(("_Type", request.get("ModelPackageType", UNVERSIONED)))
    if "ModelApprovalStatus" in request:
        members.append(("ModelApprovalStatus", request["ModelApprovalStatus"]))
    return list_records(
        ctx,
        MODEL_PACKAGE,
        request,
        answer="ModelPackageSummaryList",
        members=tuple(members),
        order="Ascending",
    )


def update_model_package(ctx: Context, request: UpdateModelPackageInputTypeDef) -> Document:
    """Replaces members; adds and removes customer metadata by key. Raises ValidationError."""
    author = author_of(ctx)

    def changes(record: Record) -> Document:
        check_update(record, request)
        changed: Document = {
            **chosen(
                request,
                "ModelApprovalStatus",
                "ApprovalDescription",
                "ModelPackageRegistrationType",
                "InferenceSpecification",
                "SourceUri",
                "ModelCard",
                "ModelLifeCycle",
            ),
            **_metadata(record, request),
            "LastModifiedBy": author,
        }
        if "AdditionalInferenceSpecificationsToAdd" in request:
            present = record.get("AdditionalInferenceSpecifications", [])
            added = request["AdditionalInferenceSpecificationsToAdd"]
            changed["AdditionalInferenceSpecifications"] = [*present, *added]
        check_specifications({**record, **changed})
        return changed

    with ctx.records.transaction():
        before = find_package(ctx, request["ModelPackageArn"])
        follow_package(ctx, ctx.records.update(MODEL_PACKAGE, package_record_name(before), changes))
    return {"ModelPackageArn": before["ModelPackageArn"]}


def delete_model_package(ctx: Context, request: DeleteModelPackageInputTypeDef) -> None:
    """Models that were created from the package go on with their copy. Raises ValidationError."""
    with ctx.records.transaction():
        found = find_package(ctx, request["ModelPackageName"])
        ctx.records.delete(MODEL_PACKAGE, package_record_name(found))
        ctx.tags.delete_all(found["ModelPackageArn"])


def _create_version(ctx: Context, wanted: Document, token: str) -> str:
    group = find_group(ctx, wanted["ModelPackageGroupName"])
    name = group[GROUP.name_member]
    made = group.get("_Tokens", {}).get(token)
    if token and made is not None:
        known = ctx.records.find(MODEL_PACKAGE, version_name(name, made))
        if known is not None:
            return str(known["ModelPackageArn"])

    def counted(record: Record) -> Document:
        version = record.get("_Versions", 0) + 1
        tokens = {**record.get("_Tokens", {}), **({token: version} if token else {})}
        return {"_Versions": version, "_Tokens": dict(list(tokens.items())[-TOKENS_KEPT:])}

    version = ctx.records.update(GROUP.kind, name, counted)["_Versions"]
    own: Document = {
        "ModelApprovalStatus": PENDING,
        **wanted,
        "ModelPackageGroupName": name,
        "ModelPackageVersion": version,
        "_Type": VERSIONED,
    }
    return _insert(ctx, version_name(name, version), own)


def _create_unversioned(ctx: Context, wanted: Document, token: str) -> str:
    tags = tags_of_request(wanted)
    wanted.pop("Tags", None)
    name = wanted["ModelPackageName"]
    known = ctx.records.find(MODEL_PACKAGE, name)
    if known is not None:
        if token and known["_Token"] == token:
            return str(known["ModelPackageArn"])
        raise ValidationError(f"ModelPackage already exists: {known['ModelPackageArn']}")
    arn = _insert(ctx, name, {**wanted, "_Type": UNVERSIONED, "_Token": token})
    ctx.tags.put(arn, tags)
    return arn


def _insert(ctx: Context, record_name: str, members: Document) -> str:
    arn = package_arn(ctx, record_name)
    author = author_of(ctx)
    record: Document = {
        **members,
        "ModelPackageArn": arn,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "CreatedBy": author,
        "LastModifiedBy": author,
    }
    try:
        ctx.records.insert(MODEL_PACKAGE, record_name, record, arn=arn, status="Completed")
    except RecordExists:
        raise ValidationError(f"ModelPackage already exists: {arn}") from None
    follow_package(ctx, find_package(ctx, arn))
    return arn


def _metadata(record: Record, request: Any) -> Document:
    gone = set(request.get("CustomerMetadataPropertiesToRemove", ()))
    if not gone and "CustomerMetadataProperties" not in request:
        return {}
    present = record.get("CustomerMetadataProperties", {})
    merged = {key: value for key, value in present.items() if key not in gone}
    return {"CustomerMetadataProperties": {**merged, **request.get("CustomerMetadataProperties", {})}}
