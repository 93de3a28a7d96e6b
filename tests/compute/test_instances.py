from __future__ import annotations

import botocore.session
import pytest

from clary.compute.instances import instance_type, with_more_memory
from clary.domain.errors import ValidationError

GIB = 1 << 30


def _names_in_the_model() -> list[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    shapes = [model.shape_for(name) for name in model.shape_names if not name.endswith("AcceleratorType")]
    enums = [getattr(shape, "enum", []) for shape in shapes]
    return sorted({value for enum in enums for value in enum if value.startswith("ml.")})


def test_every_instance_type_of_the_model_has_a_size() -> None:
    names = _names_in_the_model()

    assert len(names) > 400
    for name in names:
        found = instance_type(name)
        assert found.vcpus >= 1, name
        assert found.memory_bytes >= GIB, name
        assert (found.gpus > 0) == (found.gpu_memory_bytes > 0), name


@pytest.mark.parametrize(
    ("name", "vcpus", "memory_gib", "gpus", "gpu_gib"),
    [
        ("ml.t2.medium", 2, 4, 0, 0),
        ("ml.t3.micro", 2, 1, 0, 0),
        ("ml.t3.2xlarge", 8, 32, 0, 0),
        ("ml.m4.xlarge", 4, 16, 0, 0),
        ("ml.m4.10xlarge", 40, 160, 0, 0),
        ("ml.m5.large", 2, 8, 0, 0),
        ("ml.m5.xlarge", 4, 16, 0, 0),
        ("ml.m5.24xlarge", 96, 384, 0, 0),
        ("ml.m7g.medium", 1, 4, 0, 0),
        ("ml.c4.large", 2, 3.75, 0, 0),
        ("ml.c4.8xlarge", 36, 60, 0, 0),
        ("ml.c5.9xlarge", 36, 72, 0, 0),
        ("ml.c5n.4xlarge", 16, 42, 0, 0),
        ("ml.c5n.18xlarge", 72, 192, 0, 0),
        ("ml.c6i.32xlarge", 128, 256, 0, 0),
        ("ml.r5.2xlarge", 8, 64, 0, 0),
        ("ml.r8i-flex.16xlarge", 64, 512, 0, 0),
        ("ml.i3en.3xlarge", 12, 96, 0, 0),
        ("ml.g4dn.xlarge", 4, 16, 1, 16),
        ("ml.g4dn.12xlarge", 48, 192, 4, 16),
        ("ml.g4dn.16xlarge", 64, 256, 1, 16),
        ("ml.g5.48xlarge", 192, 768, 8, 24),
        ("ml.g6e.xlarge", 4, 32, 1, 48),
        ("ml.p2.xlarge", 4, 61, 1, 12),
        ("ml.p3.2xlarge", 8, 61, 1, 16),
        ("ml.p4d.24xlarge", 96, 1152, 8, 40),
        ("ml.p5.48xlarge", 192, 2048, 8, 80),
        ("ml.inf1.6xlarge", 24, 48, 0, 0),
        ("ml.trn1.32xlarge", 128, 512, 0, 0),
    ],
)
def test_known_types_have_their_published_sizes(
    name: str, vcpus: int, memory_gib: float, gpus: int, gpu_gib: int
) -> None:
    found = instance_type(name)

    assert (found.vcpus, found.memory_bytes, found.gpus) == (vcpus, int(memory_gib * GIB), gpus)
    assert found.gpu_memory_bytes == gpu_gib * GIB


def test_chips_are_counted_apart_from_gpus() -> None:
    assert instance_type("ml.trn1.32xlarge").chips == 16
    assert instance_type("ml.trn1.32xlarge").gpus == 0


@pytest.mark.parametrize("name", ["ml.m5.jumbo", "ml.q9.xlarge", "m5.xlarge", "ml.m5", "", "ml.m5.0xlarge"])
def test_what_is_no_instance_type_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="instance type"):
        instance_type(name)


def test_a_near_miss_is_told_the_right_name() -> None:
    with pytest.raises(ValidationError, match=r"did you mean ml\.p3\.2xlarge"):
        instance_type("ml.p3.2xlrge")


def test_types_with_more_memory_are_named_with_it() -> None:
    assert with_more_memory(4 << 30) == "ml.m5.large (8 GiB) or ml.m5.xlarge (16 GiB)"
    assert with_more_memory(1 << 50) == ""
