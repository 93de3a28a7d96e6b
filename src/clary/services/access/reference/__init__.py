"""AWS's service authorization reference, as far as it is served: actions, their resources, condition keys.

One file per service prefix:

    every_action_keys     condition keys of all actions of the service
    resource_keys         condition keys of all resource types of the service
    [resources]           resource type to the pattern of its ARNs
    [[actions]]           names, the resource types they may be on (none: ``*``), their condition keys

A key that ends in ``/`` is a family: what follows is the key of a tag. Keys are compared in lower case.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SERVICES = ("cloudwatch", "ecr", "iam", "logs", "s3", "sagemaker", "sts")


@dataclass(frozen=True, slots=True)
class ActionReference:
    """resources: patterns of ARNs, empty when the action is on ``*`` only. keys: in lower case."""

    resources: tuple[str, ...]
    keys: frozenset[str]


@cache
def reference() -> dict[str, ActionReference]:
    """Returns the reference by action, such as ``s3:getobject``: in lower case, as actions are compared."""
    return {name: entry for service in SERVICES for name, entry in _of_service(service).items()}


@cache
def tag_families(action: str) -> tuple[str, ...]:
    """Returns the families of condition keys for the tags of an action's resource."""
    entry = reference().get(action.lower())
    keys = entry.keys if entry is not None else frozenset({"aws:resourcetag/"})
    return tuple(sorted(key for key in keys if key in _OF_RESOURCES))


_OF_RESOURCES = frozenset(
    {
        "aws:resourcetag/",
        "ecr:resourcetag/",
        "iam:resourcetag/",
        "sagemaker:resourcetag/",
        "s3:existingobjecttag/",
    }
)


def _of_service(service: str) -> dict[str, ActionReference]:
    table = tomllib.loads(files(__package__).joinpath(f"{service}.toml").read_text(encoding="utf-8"))
    found: dict[str, ActionReference] = {}
    for group in table["actions"]:
        types = group.get("on", ())
        keys = [*table.get("every_action_keys", ()), *group.get("keys", ())]
        if types:
            keys += table.get("resource_keys", ())
        entry = ActionReference(
            tuple(table["resources"][name] for name in types), frozenset(key.lower() for key in keys)
        )
        for name in group["names"]:
            assert f"{service}:{name}".lower() not in found, f"{name} is in {service}.toml twice"
            found[f"{service}:{name}".lower()] = entry
    return found
