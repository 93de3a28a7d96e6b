from __future__ import annotations

import pytest

from clary.compute.environments.image_names import ImageName, Wanted, parse_image, parse_tag
from clary.compute.environments.versions import nearest_first, nearest_pythons


@pytest.mark.parametrize(
    ("uri", "repository", "tag"),
    [
        (
            "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.6-cpu-py312",
            "pytorch-training",
            "2.6-cpu-py312",
        ),
        ("localhost:5000/team/trainer:v1", "team/trainer", "v1"),
        ("sagemaker-xgboost:1.7-1", "sagemaker-xgboost", "1.7-1"),
        ("docker.io/library/python:3.11-slim", "python", "3.11-slim"),
        ("pytorch", "pytorch", ""),
        ("team/trainer", "team/trainer", ""),
        ("python:3.11@sha256:" + "a" * 64, "python", "3.11"),
    ],
)
def test_an_image_is_its_repository_and_tag_whatever_the_registry(
    uri: str, repository: str, tag: str
) -> None:
    assert parse_image(uri) == ImageName(repository, tag)


@pytest.mark.parametrize(
    "uri", ["", "Pytorch:1", "a b", "../etc", "python:", "python:a/b", "x.com/", "p@sha256:1", "a//b"]
)
def test_what_is_no_image_uri_is_refused_by_name(uri: str) -> None:
    with pytest.raises(ValueError, match="not an image URI"):
        parse_image(uri)


@pytest.mark.parametrize(
    ("tag", "wanted"),
    [
        ("2.6-cpu-py312", Wanted("2.6", "cpu", "3.12")),
        ("1.13.1-gpu-py39-cu117-ubuntu20.04-sagemaker", Wanted("1.13.1", "gpu", "3.9")),
        ("0.23-1-cpu-py3", Wanted("0.23", "cpu", "")),
        ("1.7-1", Wanted("1.7", "", "")),
        ("3.11-slim", Wanted("3.11", "", "")),
        ("latest", Wanted()),
        ("", Wanted()),
    ],
)
def test_a_tag_says_version_processor_and_python(tag: str, wanted: Wanted) -> None:
    assert parse_tag(tag) == wanted


@pytest.mark.parametrize(
    ("wanted", "best"),
    [
        ("2.6", ["2.6.3", "2.6.0", "2.13.0", "2.5.1", "3.0.0", "1.13.1"]),
        ("2.6.0", ["2.6.0", "2.6.3", "2.13.0", "2.5.1", "3.0.0", "1.13.1"]),
        ("2.20", ["2.13.0", "2.6.3", "2.6.0", "2.5.1", "3.0.0", "1.13.1"]),
        ("1.6", ["1.13.1", "2.5.1", "2.6.0", "2.6.3", "2.13.0", "3.0.0"]),
        ("", ["3.0.0", "2.13.0", "2.6.3", "2.6.0", "2.5.1", "1.13.1"]),
    ],
)
def test_the_nearest_version_is_of_the_same_major_and_rather_newer(wanted: str, best: list[str]) -> None:
    assert nearest_first(wanted, ["1.13.1", "2.5.1", "2.6.0", "2.6.3", "2.13.0", "3.0.0"]) == best


def test_the_nearest_python_is_within_what_the_framework_supports() -> None:
    present = ["3.8", "3.9", "3.10", "3.11", "3.13"]

    assert nearest_pythons("3.12", present, oldest="3.9", newest="3.12") == ["3.11", "3.10", "3.9"]
