"""Which function answers which operation.

A function is registered by its name: a public function anywhere in the package of a service answers the
operation whose name it has in snake case. Modules and packages whose name begins with an underscore are not
searched. A test checks that each function names an operation of the model, and that none is found twice.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore import xform_name

from clary.domain.errors import UnknownOperation

if TYPE_CHECKING:
    from types import ModuleType

Operation = Callable[[Any, dict[str, Any]], Any]

OWN = "own"
"""The service of what users ask for and AWS has no operation for."""

MODULES = {
    "sagemaker": "clary.services.sagemaker",
    "sagemaker-metrics": "clary.services.metrics",
    "sagemaker-runtime": "clary.server.inference.operations",
    "s3": "clary.services.s3",
    "logs": "clary.services.logs",
    "cloudwatch": "clary.services.cloudwatch",
    "ecr": "clary.services.ecr",
    "sts": "clary.services.sts",
    "iam": "clary.services.iam",
    "clary": "clary.services.hosts",
    "studio": "clary.services.studio",
    OWN: "clary.services.own",
}
"""Service to the module, or the package of modules, whose functions are its operations.

``clary`` (for host agents), ``studio`` (for its pages) and ``own`` (for users) are our own. The operations of
``sagemaker-runtime`` are coroutines: they wait for models.
"""


def find_operation(service: str, name: str) -> Operation:
    """Returns the function of an operation. Raises UnknownOperation with a sentence that names it."""
    function = _operations(service).get(xform_name(name)) if service in MODULES else None
    if function is None:
        raise UnknownOperation(
            f"{service}:{name} is an operation of the AWS model that Clary does not serve yet; "
            "docs/user/operations.md lists those it does"
        )
    return function


def is_operation(service: str, name: str) -> bool:
    """Whether a service has an operation of this name."""
    return service in MODULES and xform_name(name) in _operations(service)


@cache
def _operations(service: str) -> dict[str, Operation]:
    return dict(public_functions(service))


def public_functions(service: str) -> Iterator[tuple[str, Operation]]:
    """Yields (name, function) of every operation of a service, from all modules of its package."""
    for module in _modules(importlib.import_module(MODULES[service])):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield name, function


def _modules(root: ModuleType) -> Iterator[ModuleType]:
    yield root
    if hasattr(root, "__path__"):
        for found in pkgutil.iter_modules(root.__path__):
            if not found.name.startswith("_"):
                yield from _modules(importlib.import_module(f"{root.__name__}.{found.name}"))
