"""Condition keys of requests about domains and user profiles: what their settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .requirement import KeyValues

_SETTINGS = (
    "DefaultSpaceSettings",
    "DefaultUserSettings",
    "DomainSettings",
    "DomainSettingsForUpdate",
    "UserSettings",
)

_NAMED = {
    "InstanceType": "sagemaker:instancetypes",
    "SageMakerImageArn": "sagemaker:imagearns",
    "SageMakerImageVersionArn": "sagemaker:imageversionarns",
    "SecurityGroupIds": "sagemaker:vpcsecuritygroupids",
    "SecurityGroups": "sagemaker:vpcsecuritygroupids",
}
"""Members of settings, at any depth, to the key that has all their values."""

_OWN = {
    "AppNetworkAccessType": "sagemaker:appnetworkaccesstype",
    "HomeEfsFileSystemKmsKeyId": "sagemaker:volumekmskey",
    "KmsKeyId": "sagemaker:volumekmskey",
    "SubnetIds": "sagemaker:vpcsubnets",
}
"""Members of the request itself."""


def domain_keys(params: dict[str, Any]) -> KeyValues:
    """Returns the keys of a request that creates or updates a domain or a user profile."""
    found: dict[str, str | list[str]] = {
        key: params[member] for member, key in _OWN.items() if member in params
    }
    named: dict[str, list[str]] = {}
    for holder in _SETTINGS:
        settings = params.get(holder) or {}
        for member, value in _values(settings):
            named.setdefault(_NAMED[member], []).append(value)
        sharing = settings.get("SharingSettings") or {}
        if "S3KmsKeyId" in sharing:
            found["sagemaker:domainsharingoutputkmskey"] = sharing["S3KmsKeyId"]
    return {**found, **{key: list(dict.fromkeys(values)) for key, values in named.items()}}


def _values(settings: Any) -> Iterator[tuple[str, str]]:
    if isinstance(settings, list):
        for item in settings:
            yield from _values(item)
    elif isinstance(settings, dict):
        for member, value in settings.items():
            if member not in _NAMED:
                yield from _values(value)
            else:
                yield from ((member, each) for each in (value if isinstance(value, list) else [value]))
