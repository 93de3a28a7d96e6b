"""Writes docs/user/operations.md from what the code serves: ``python tools/operations_page.py``."""

from __future__ import annotations

from pathlib import Path

from botocore import xform_name

from clary.server.registry import MODULES, public_functions
from clary.wire.models import service_model

HEAD = """\
# Operations

What is served today, by service. Any other operation of these services answers an error that names it and
says that it is not built. Bad input is refused in AWS's own words, by the same models that boto3 has.
"""


def page() -> str:
    parts = [HEAD]
    for service in sorted(set(MODULES) - {"clary", "own", "studio"}):
        served = {name for name, _ in public_functions(service)}
        model = service_model(service)
        names = [name for name in model.operation_names if xform_name(name) in served]
        parts.append(
            f"## {service}\n\n{len(names)} of {len(model.operation_names)}: "
            + ", ".join(f"`{n}`" for n in names)
            + "\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs/user/operations.md").write_text(page())
