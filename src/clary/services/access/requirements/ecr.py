"""ECR: ``ecr:<Operation>`` on a repository. The door of the registry asks for the same (``server/ecr``)."""

from __future__ import annotations

from typing import Any

from .requirement import Requirement, Scope, request_tags


def requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    context = request_tags(params.get("tags") or params.get("tagKeys"))
    action = f"ecr:{operation}"
    if operation == "GetAuthorizationToken":
        return [Requirement(action, "*", context)]
    if params.get("resourceArn"):
        return [Requirement(action, params["resourceArn"], context)]
    # The list of all repositories is one of them all: a policy for some of them does not allow it.
    names = [params["repositoryName"]] if "repositoryName" in params else params.get("repositoryNames", ["*"])
    start = f"arn:aws:ecr:{scope.region}:{params.get('registryId', scope.account)}:repository/"
    return [Requirement(action, start + name, context) for name in dict.fromkeys(names)]
