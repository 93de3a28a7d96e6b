"""Finds the operation that a request is for.

json           the header X-Amz-Target names it
query          the parameter Action names it
cbor           the path names it
rest-json      method and path
rest-xml (s3)  method, path, and the query parameters and headers that the model requires
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING

from clary.domain.errors import UnknownOperation

from .form import read_pairs
from .models import find_operation_model, service_model
from .protocol import JSON, QUERY, protocol_of
from .query import read_form
from .rest import path_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .http import HttpRequest

_SIGNED_AS_SAGEMAKER = ("sagemaker-runtime", "sagemaker-metrics")
_SIGNED_AS = {"monitoring": "cloudwatch"}
"""Services with another name in signatures than in the model."""
_BY_TARGET = {
    "Logs": "logs",
    "GraniteServiceVersion20100801": "cloudwatch",
    "AmazonEC2ContainerRegistry": "ecr",
}
SIGNING_NAMES = frozenset({"sagemaker", "logs", "monitoring", "sts", "iam", "ecr", "s3"})
"""The names in signatures of the services that are served."""
_RPC_PATH = re.compile(r"/service/([^/]*)/operation/([^/]*)")


def route(signing_name: str, request: HttpRequest) -> tuple[str, str]:
    """Returns (service, operation). signing_name: the service in the signature's scope.

    Raises UnknownOperation with a message that names the request.
    """
    if signing_name == "sagemaker":
        if "x-amz-target" in request.headers:
            return "sagemaker", _target("sagemaker", request)
        return _sagemaker_path(request)
    if signing_name in ("logs", "ecr"):
        return signing_name, _target(signing_name, request)
    if signing_name == "monitoring":
        return "cloudwatch", _cloudwatch(request)
    if signing_name in ("sts", "iam"):
        return signing_name, _action(signing_name, request)
    if signing_name == "s3":
        return "s3", _match("s3", request)
    raise not_here(signing_name)


def not_here(name: str) -> UnknownOperation:
    """Returns the error for a service that is not served. name: from its signature or its X-Amz-Target."""
    return UnknownOperation(
        f"the service {name[:64]!r} is not here; "
        "there are sagemaker, logs, monitoring (CloudWatch), s3, ecr, sts and iam"
    )


def service_of(signing_name: str) -> str:
    """Returns the service of a name in signatures. Several services share the name sagemaker."""
    return _SIGNED_AS.get(signing_name, signing_name)


def guess_service(request: HttpRequest) -> str:
    """Guesses the service of a request without a readable signature, for the form of its error."""
    target = request.headers.get("x-amz-target", "")
    if target:
        return _BY_TARGET.get(target.partition("_")[0].partition(".")[0], "sagemaker")
    if _RPC_PATH.fullmatch(request.path):
        return "cloudwatch"
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "sts"
    for service in _SIGNED_AS_SAGEMAKER:
        if any(form.matches(request.method, request.path) for form in _forms(service)):
            return service
    return "s3"


def unsigned_operation(request: HttpRequest) -> str | None:
    """Returns the operation of STS that a request without a signature names; None when it names none.

    Raises UnknownOperation for a service that is not served.
    """
    prefix = request.headers.get("x-amz-target", "").partition(".")[0]
    if prefix and not any(prefix.startswith(known) for known in (*_BY_TARGET, "SageMaker")):
        raise not_here(prefix)
    if protocol_of("", request) != QUERY:
        return None
    return _action("sts", request)


def _target(service: str, request: HttpRequest) -> str:
    target = request.headers.get("x-amz-target", "")
    prefix, _, name = target.partition(".")
    if prefix == service_model(service).metadata["targetPrefix"] and find_operation_model(service, name):
        return name
    raise UnknownOperation(f"the service {service} has no operation for the X-Amz-Target {target[:128]!r}")


def _cloudwatch(request: HttpRequest) -> str:
    protocol = protocol_of("cloudwatch", request)
    if protocol == QUERY:
        return _action("cloudwatch", request)
    if protocol == JSON:
        return _target("cloudwatch", request)
    found = _RPC_PATH.fullmatch(request.path)
    prefix = service_model("cloudwatch").metadata["targetPrefix"]
    if found is None or found[1] != prefix or find_operation_model("cloudwatch", found[2]) is None:
        raise UnknownOperation(f"the service cloudwatch has no operation at {request.path[:128]}")
    return found[2]


def _action(service: str, request: HttpRequest) -> str:
    names = [value for name, value in read_form(request) if name == "Action"]
    if not names:
        raise UnknownOperation(f"a request to {service} has to name its operation in the parameter Action")
    if find_operation_model(service, names[-1]) is None:
        raise UnknownOperation(f"the service {service} has no operation {names[-1][:128]!r}")
    return names[-1]


def _sagemaker_path(request: HttpRequest) -> tuple[str, str]:
    for service in _SIGNED_AS_SAGEMAKER:
        for form in _forms(service):
            if form.matches(request.method, request.path):
                return service, form.operation
    raise UnknownOperation(
        f"{request.method} {request.path[:128]} is no operation of sagemaker-runtime or sagemaker-metrics, "
        "and without the header X-Amz-Target it is none of sagemaker"
    )


@dataclass(frozen=True, slots=True)
class Form:
    """What a request for one operation of a REST protocol has to have."""

    operation: str
    method: str
    pattern: re.Pattern[str]
    literal: frozenset[tuple[str, str]]
    """Query parameters in the operation's URI, such as ``uploads``, with "" for those without a value."""
    required_query: frozenset[str]
    required_headers: frozenset[str]
    deprecated: bool

    def matches(self, method: str, path: str) -> bool:
        return self.method == method and self.pattern.fullmatch(path) is not None

    def literal_fits(self, query: Mapping[str, str]) -> bool:
        return all(name in query and (not value or query[name] == value) for name, value in self.literal)

    def requirements(self) -> int:
        return len(self.required_query) + len(self.required_headers)


@cache
def _forms(service: str) -> tuple[Form, ...]:
    """Returns one form for each operation. The more specific ones come first."""
    model = service_model(service)
    forms = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        required: dict[str, set[str]] = {"querystring": set(), "header": set()}
        if operation.input_shape is not None:
            for member in operation.input_shape.required_members:
                serialization = operation.input_shape.members[member].serialization
                if serialization.get("location") in required:
                    required[serialization["location"]].add(serialization["name"])
        uri = operation.http["requestUri"]
        forms.append(
            Form(
                operation=name,
                method=operation.http["method"],
                pattern=path_pattern(uri),
                literal=frozenset(read_pairs(uri.partition("?")[2])),
                required_query=frozenset(required["querystring"]),
                required_headers=frozenset(header.lower() for header in required["header"]),
                deprecated=operation.deprecated,
            )
        )
    forms.sort(key=lambda form: (-len(form.literal), -form.requirements(), form.deprecated, form.operation))
    return tuple(forms)


def _match(service: str, request: HttpRequest) -> str:
    query: dict[str, str] = {}
    for name, value in read_pairs(request.query):
        query.setdefault(name, value)
    candidates = _of_address(service, request, query)
    if not candidates:
        asked = f"{request.method} {request.path[:128]}" + (
            f"?{request.query[:128]}" if request.query else ""
        )
        raise UnknownOperation(f"{asked} is not an operation of {service}")
    # The subresource decides first (?tagging is never GetObject), then the x-id that some SDKs send, then
    # the other required parameters (PutObject, or UploadPart with its two parameters).
    same = [form for form in candidates if len(form.literal) == len(candidates[0].literal)]
    named = query.get("x-id")
    for form in same:
        if form.operation == named:
            return form.operation
    for form in same:
        if form.required_query <= query.keys() and all(
            name in request.headers for name in form.required_headers
        ):
            return form.operation
    return same[-1].operation


def _of_address(service: str, request: HttpRequest, query: Mapping[str, str]) -> list[Form]:
    """Returns the forms with the method, path and literal query parameters of a request, in their order."""
    found = [
        numbered
        for pattern, forms in _by_path(service).get(request.method, ())
        if pattern.fullmatch(request.path)
        for numbered in forms
        if numbered[1].literal_fits(query)
    ]
    return [form for _, form in sorted(found, key=itemgetter(0))]


@cache
def _by_path(service: str) -> dict[str, list[tuple[re.Pattern[str], list[tuple[int, Form]]]]]:
    """Returns, by method, each pattern of a path with its forms. S3 has 100 operations and 3 patterns."""
    grouped: dict[str, dict[re.Pattern[str], list[tuple[int, Form]]]] = {}
    for number, form in enumerate(_forms(service)):
        grouped.setdefault(form.method, {}).setdefault(form.pattern, []).append((number, form))
    return {method: list(forms.items()) for method, forms in grouped.items()}
