"""CloudWatch: ``cloudwatch:<Operation>`` on ``*``. Its reading actions have no resources."""

from __future__ import annotations

from typing import Any

from .requirement import Requirement, Scope


def requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    return [Requirement(f"cloudwatch:{operation}", "*")]
