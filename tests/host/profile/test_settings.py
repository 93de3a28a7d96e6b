from __future__ import annotations

from typing import Any

import pytest

from clary.host.errors import ClientError
from clary.host.profile.settings import profile_settings


def test_the_sdks_default_is_a_look_every_half_second() -> None:
    settings = profile_settings({"S3OutputPath": "s3://bucket/", "DisableProfiler": False}, "job")

    assert settings is not None
    assert str(settings.uri) == "s3://bucket/job/profiler-output/"
    assert settings.interval_s == 0.5
    assert settings.left_out == ()


@pytest.mark.parametrize(
    "config", [None, {}, {"DisableProfiler": True}, {"DisableProfiler": True, "S3OutputPath": "s3://b"}]
)
def test_a_profiler_that_is_off_has_no_settings(config: dict[str, Any] | None) -> None:
    assert profile_settings(config, "job") is None


def test_a_look_takes_place_ten_times_a_second_at_most() -> None:
    config = {"S3OutputPath": "s3://b/p", "ProfilingIntervalInMilliseconds": 1}
    settings = profile_settings(config, "job")

    assert settings is not None
    assert settings.interval_s == 0.1


def test_what_frameworks_profile_themselves_is_named_as_left_out() -> None:
    parameters = {
        "DetailedProfilingConfig": '{"StartStep": 5, "NumSteps": 3, }',
        "DataloaderProfilingConfig": "",
        "RotateMaxFileSizeInBytes": "10485760",
        "LocalPath": "/opt/ml/output/profiler",
    }
    settings = profile_settings({"S3OutputPath": "s3://b/p", "ProfilingParameters": parameters}, "job")

    assert settings is not None
    assert settings.left_out == ("DetailedProfilingConfig",)


def test_a_place_that_is_not_in_s3_is_named_with_its_field() -> None:
    with pytest.raises(ClientError, match=r"^ProfilerConfig\.S3OutputPath: 'https://x' is not an S3 URI"):
        profile_settings({"S3OutputPath": "https://x"}, "job")
