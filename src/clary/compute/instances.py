"""The catalogue of ``ml.*`` instance types: how many vCPUs, how much memory, which GPUs."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clary.domain.errors import ValidationError

_GIB = 1 << 30
_BY_MEMORY = (
    "ml.t3.medium", "ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.4xlarge", "ml.r5.4xlarge",
    "ml.r5.8xlarge", "ml.r5.16xlarge", "ml.r5.24xlarge",
)  # fmt: skip
_NAME = re.compile(r"ml\.(?P<family>[a-z]+\d*[a-z0-9-]*)\.(?P<size>[a-z0-9]+)")
_SERVERLESS = re.compile(r"ml\.serverless\.(\d{1,6})")
_XLARGES = re.compile(r"(\d+)xlarge")


@dataclass(frozen=True, slots=True)
class InstanceType:
    """gpu_memory_bytes: of one GPU. chips: Trainium, Inferentia or Gaudi devices."""

    name: str
    vcpus: int
    memory_bytes: int
    gpus: int = 0
    gpu_memory_bytes: int = 0
    chips: int = 0


@cache
def instance_type(name: str) -> InstanceType:
    """Returns an instance type. Raises ValidationError, which suggests the nearest name.

    ``ml.serverless.2048`` is what a serverless variant of an endpoint gets, by its memory in MiB.
    """
    if serverless := _SERVERLESS.fullmatch(name):
        memory_mib = int(serverless[1])
        return InstanceType(name, max(1, memory_mib // 2048), memory_mib << 20)
    match = _NAME.fullmatch(name)
    sizes = _sizes()
    if match is None:
        raise ValidationError(f"'{name}' is not an instance type; they are written like ml.m5.xlarge")
    family, size = match["family"], match["size"]
    short = f"{family}.{size}"
    chips = sizes["chips"].get(short, 0)
    if short in sizes["exact"]:
        vcpus, memory_gib, gpus, gpu_gib = (*sizes["exact"][short], 0, 0)[:4]
        return InstanceType(name, vcpus, int(memory_gib * _GIB), gpus, gpu_gib * _GIB, chips)
    vcpus = _vcpus(size)
    memory_gib = sizes["memory"].get(family) or _by_letter(family)
    if not vcpus or not memory_gib:
        raise ValidationError(f"There is no instance type '{name}'{_nearest(name)}")
    gpu_gib = sizes["one_gpu"].get(family, 0)
    gpus = sizes["gpus"].get(short, 1) if gpu_gib else 0
    return InstanceType(name, vcpus, int(vcpus * memory_gib * _GIB), gpus, gpu_gib * _GIB, chips)


def with_more_memory(memory_bytes: int) -> str:
    """Returns usual types with more memory, the smallest first, in words; empty without one."""
    found = (instance_type(name) for name in _BY_MEMORY)
    larger = [each for each in found if each.memory_bytes > memory_bytes][:2]
    return " or ".join(f"{each.name} ({each.memory_bytes / _GIB:g} GiB)" for each in larger)


@cache
def _sizes() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("instances.toml").read_text(encoding="utf-8"))


def _vcpus(size: str) -> int:
    """Returns the factor of a size; 0 for an unknown one."""
    if match := _XLARGES.fullmatch(size):
        return 4 * int(match[1])
    return int(_sizes()["vcpus"].get(size, 0))


def _by_letter(family: str) -> float:
    """Returns GiB per vCPU of a general family (c6i, m7g, r8i-flex); 0 for others."""
    if not re.fullmatch(r"[cmr]\d+[a-z]*(-flex)?", family):
        return 0
    return float(_sizes()["memory"][family[0]])


def _nearest(name: str) -> str:
    common = ["t3.medium", "m5.large", "m5.xlarge", "m5.2xlarge", "c5.xlarge", "c5.2xlarge", "r5.xlarge"]
    known = [f"ml.{short}" for short in [*common, *_sizes()["exact"], *_sizes()["gpus"]]]
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
