from __future__ import annotations

import pytest

from clary.server.node_resources import PRESENT, parse_resources
from clary.server.settings import SettingsError, load_settings


def test_what_instance_types_ask_for() -> None:
    assert parse_resources(" ml.p4d.*=accelerator_type:A100, ml.c5.*=spot:0.5,ml.g5.xlarge=a10g:2 ,") == [
        ("ml.p4d.*", "accelerator_type:A100", PRESENT),
        ("ml.c5.*", "spot", 0.5),
        ("ml.g5.xlarge", "a10g", 2.0),
    ]
    assert parse_resources("") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spot:1", "'spot:1' does not look like ml.p4d.*="),
        ("p4d=spot", "does not look like"),
        ("ml.c5.*=", "does not look like"),
        ("ml.c5.*=GPU:2", "GPU is what the instance type itself says"),
        ("ml.c5.*=spot:1.5", "the amount of spot is 1.5; it is a fraction of 1, or a whole number"),
        ("ml.c5.*=spot:nan", "the amount of spot is nan"),
        ("ml.c5.*=spot:-1", "the amount of spot is -1"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_its_variable(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"CLARY_RAY_RESOURCES": text})

    assert said in str(refused.value)
    assert str(refused.value).startswith("CLARY_RAY_RESOURCES is ")
