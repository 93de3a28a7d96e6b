from __future__ import annotations

from pathlib import Path

import pytest

from clary.server.settings import Settings, SettingsError, load_settings


def test_defaults_are_for_a_laptop() -> None:
    settings = load_settings({})

    assert settings.home == Path.home() / ".clary"
    assert settings.host == "127.0.0.1"
    assert settings.port == 0


def test_variables_change_what_they_name() -> None:
    settings = load_settings(
        {
            "CLARY_HOME": "/srv/clary",
            "CLARY_PORT": "7000",
            "CLARY_STRICT_INSTANCES": "yes",
            "CLARY_CPU_OVERCOMMIT": "1.5",
            "CLARY_REGION": "eu-west-1",
        }
    )

    assert settings == Settings(
        home=Path("/srv/clary"), port=7000, strict_instances=True, cpu_overcommit=1.5, region="eu-west-1"
    )


def test_an_option_is_stronger_than_a_variable() -> None:
    assert load_settings({"CLARY_PORT": "7000"}, port=8000, host=None).port == 8000


def test_an_empty_variable_is_no_variable() -> None:
    assert load_settings({"CLARY_REGION": ""}).region == "us-east-1"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CLARY_PORT", "many"),
        ("CLARY_PORT", "70000"),
        ("CLARY_ACCOUNT", "12"),
        ("CLARY_REGION", "here"),
        ("CLARY_STRICT_INSTANCES", "perhaps"),
        ("CLARY_CPU_OVERCOMMIT", "0"),
        ("CLARY_SERVING_OVERCOMMIT", "0.5"),
        ("CLARY_SERVERLESS_IDLE_S", "0"),
        ("CLARY_JOB_SESSION_S", "4"),
        ("CLARY_COMPUTE", "cloud"),
        ("CLARY_COMPUTE", "ray+container://head:10001"),
        ("CLARY_COMPUTE", "container+head:10001"),
        ("CLARY_SANDBOX", "castle"),
        ("CLARY_INVOKE_TIMEOUT_S", "0"),
        ("CLARY_INVOKE_MB", "201"),
        ("CLARY_INVOKE_MB", "some"),
    ],
)
def test_what_can_t_be_used_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        load_settings({variable: value})


@pytest.mark.parametrize(
    ("compute", "containers", "cluster"),
    [
        ("process", False, ""),
        ("container", True, ""),
        ("ray://head:10001", False, "ray://head:10001"),
        ("container+ray://head:10001", True, "ray://head:10001"),
        ("container+ray:auto", True, "ray:auto"),
    ],
)
def test_where_images_run(compute: str, containers: bool, cluster: str) -> None:
    settings = load_settings({"CLARY_COMPUTE": compute})

    assert (settings.containers, settings.cluster) == (containers, cluster)
