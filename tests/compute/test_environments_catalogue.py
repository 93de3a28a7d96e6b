from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from clary.compute.environments import BadFamily, Catalogue, UnknownImage, catalogue
from clary.domain.errors import BadRequest

if TYPE_CHECKING:
    from pathlib import Path

    from clary.compute.environments.recipe import InstallStep


@dataclass
class Supply:
    """A machine that has these Pythons, and every package but those that ``lacks`` names."""

    present: tuple[str, ...] = ("3.9", "3.10", "3.11", "3.12")
    lacks: tuple[str, ...] = ()
    lacks_options: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def pythons(self) -> tuple[str, ...]:
        return self.present

    def has(self, step: InstallStep, python: str) -> bool:
        self.asked.append((step.requirements[0], python))
        return not step.requirements[0].startswith(self.lacks) and not (step.options and self.lacks_options)


def _catalogue(supply: Supply | None = None, extra_dir: Path | None = None) -> Catalogue:
    return Catalogue.load(extra_dir, supply=supply or Supply())


OTHER_TORCHES = ("torch==1", "torch==2.0", *(f"torch==2.{minor}." for minor in range(1, 13)), "torch==2.14")


@pytest.mark.parametrize(
    ("uri", "family"),
    [
        ("763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.6-cpu-py312", "pytorch-training"),
        ("520713654638.dkr.ecr.us-west-2.amazonaws.com/sagemaker-pytorch:1.1.0-cpu-py3", "pytorch-training"),
        ("x.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3", "sagemaker-scikit-learn"),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "sagemaker-xgboost"),
        ("tensorflow-training:2.13.0-cpu-py310", "tensorflow-training"),
        ("sagemaker-tensorflow-scriptmode:1.15.2-cpu-py3", "tensorflow-training"),
        ("mxnet-training:1.6.0-cpu-py3", "mxnet-training"),
        ("python:3.11", "python"),
        ("clary-automl:1", "clary-automl"),
        ("pytorch", "pytorch-training"),
        ("sklearn", "sagemaker-scikit-learn"),
        ("xgboost", "sagemaker-xgboost"),
        ("tensorflow", "tensorflow-training"),
        ("mxnet", "mxnet-training"),
        ("automl", "clary-automl"),
    ],
)  # fmt: skip
def test_image_names_and_short_names_find_their_family(uri: str, family: str) -> None:
    assert _catalogue().resolve(uri, gpu=False).family == family


def test_the_version_and_python_asked_for_are_taken_without_a_note() -> None:
    recipe = _catalogue().resolve("pytorch-training:2.6-cpu-py312", gpu=False)

    assert (recipe.version, recipe.python, recipe.note) == ("2.6.0", "3.12", "")
    assert "torch==2.6.0+cpu" in recipe.packages


def test_a_version_that_cannot_be_had_falls_to_the_nearest_and_says_so() -> None:
    supply = Supply(lacks=OTHER_TORCHES, lacks_options=True)

    recipe = _catalogue(supply).resolve("pytorch-training:2.6-cpu-py312", gpu=False)

    assert recipe.version == "2.13.0"
    assert recipe.note == "pytorch 2.6 is not available here; running 2.13.0"


def test_a_python_that_is_missing_is_replaced_by_the_nearest_and_said() -> None:
    recipe = _catalogue(Supply(present=("3.11",))).resolve("pytorch-training:2.6-cpu-py312", gpu=False)

    assert (recipe.version, recipe.python) == ("2.6.0", "3.11")
    assert recipe.note == "pytorch 2.6.0 for Python 3.12 is not available here; running it with Python 3.11"


def test_a_python_the_framework_does_not_support_is_never_chosen() -> None:
    recipe = _catalogue(Supply(present=("3.9", "3.13"))).resolve("mxnet-training:1.6.0-cpu-py3", gpu=False)

    assert recipe.python == "3.9"


def test_the_cpu_wheel_of_the_users_index_comes_before_the_one_uv_knows() -> None:
    preferred = _catalogue().resolve("pytorch:2.6", gpu=False)
    other = _catalogue(Supply(lacks=("torch==2.6.0+cpu",))).resolve("pytorch:2.6", gpu=False)

    assert preferred.steps[0].options == ()
    assert other.version == "2.6.0"
    assert other.steps[0].options == ("--torch-backend", "cpu")


def test_the_large_wheel_is_the_last_resort_on_a_host_without_a_gpu() -> None:
    no_cpu_wheel = tuple(f"torch=={version}+cpu" for version in ("1", "2"))

    class OnlyCuda(Supply):
        def has(self, step: InstallStep, python: str) -> bool:
            return "+cpu" not in step.requirements[0] and not step.options

    recipe = _catalogue(OnlyCuda(lacks=no_cpu_wheel)).resolve("pytorch:2.6", gpu=False)

    assert "torch==2.6.0" in recipe.packages


def test_the_version_that_was_asked_for_comes_before_another_ones_cpu_wheel() -> None:
    class Mirror(Supply):
        """One CPU wheel, of another version, and everything in its ordinary build."""

        def has(self, step: InstallStep, python: str) -> bool:
            return step.requirements[0] == "torch==2.13.0+cpu" or (
                "+cpu" not in step.requirements[0] and not step.options
            )

    catalogue = _catalogue(Mirror())

    asked = catalogue.resolve("pytorch:2.6", gpu=False)

    assert (asked.version, asked.note) == ("2.6.0", "")
    assert "torch==2.13.0+cpu" in catalogue.resolve("pytorch", gpu=False).packages
    assert catalogue.resolve("pytorch:1.4", gpu=False).note.startswith("pytorch 1.4 is not available here")


def test_a_gpu_host_gets_the_gpu_build_unless_the_image_is_for_cpus() -> None:
    catalogue = _catalogue()

    assert "torch==2.6.0" in catalogue.resolve("pytorch-training:2.6-gpu-py312", gpu=True).packages
    assert "torch==2.6.0+cpu" in catalogue.resolve("pytorch-training:2.6-cpu-py312", gpu=True).packages


def test_a_gpu_image_on_a_host_without_one_runs_the_cpu_build_and_says_so() -> None:
    recipe = _catalogue().resolve("pytorch-training:2.6-gpu-py312", gpu=False)

    assert "torch==2.6.0+cpu" in recipe.packages
    assert recipe.note == "the image is for GPUs and this host has none; running its CPU build"


def test_the_python_family_takes_its_version_from_the_tag() -> None:
    assert _catalogue().resolve("python:3.10-slim", gpu=False).python == "3.10"
    other = _catalogue(Supply(present=("3.11",))).resolve("python:3.13", gpu=False)
    assert (other.version, other.note) == ("3.11", "Python 3.13 is not available here; running Python 3.11")


def test_the_built_in_algorithm_of_xgboost_is_named() -> None:
    assert (
        _catalogue().resolve("sagemaker-xgboost:1.7-1", gpu=False).algorithm
        == "clary_algorithms.xgboost_train"
    )


@pytest.mark.parametrize(
    ("inference", "training", "framework"),
    [
        ("pytorch-inference:2.6.0-cpu-py312", "pytorch-training:2.6.0-cpu-py312", "pytorch"),
        ("sagemaker-scikit-learn:1.2-1-cpu-py3", "sagemaker-scikit-learn:1.2-1", "sklearn"),
        ("sagemaker-xgboost:1.7-1", "sagemaker-xgboost:1.7-1", "xgboost"),
        ("mxnet-inference:1.9.0-cpu-py38", "mxnet-training:1.9.0-cpu-py38", "mxnet"),
        ("sagemaker-mxnet-serving:1.4.0-cpu-py3", "mxnet-training:1.4.0-cpu-py3", "mxnet"),
        ("tensorflow-inference:2.13-cpu", "tensorflow-training:2.13-cpu", "tensorflow"),
        ("sagemaker-tensorflow-serving:1.12-cpu", "tensorflow-training:1.12-cpu", "tensorflow"),
    ],
)
def test_an_inference_image_is_the_environment_of_its_training_image(
    inference: str, training: str, framework: str
) -> None:
    served = _catalogue().resolve(inference, gpu=False)

    assert served.serving == framework
    assert served.key == _catalogue().resolve(training, gpu=False).key


def test_plain_python_serves_nothing_by_itself() -> None:
    assert _catalogue().resolve("python:3.11", gpu=False).serving == ""


def test_the_key_changes_with_the_content_and_not_with_the_note() -> None:
    there = _catalogue(Supply(lacks=OTHER_TORCHES, lacks_options=True))

    asked_exactly = there.resolve("pytorch:2.13.0", gpu=False)
    fell_back = there.resolve("pytorch:2.6", gpu=False)
    other = _catalogue().resolve("pytorch:2.6", gpu=False)

    assert asked_exactly.key == fell_back.key != other.key
    assert asked_exactly.note != fell_back.note


def test_an_unknown_image_is_told_what_there_is_and_where_to_add(tmp_path: Path) -> None:
    with pytest.raises(UnknownImage) as caught:
        _catalogue(extra_dir=tmp_path).resolve("nobody/knows:1", gpu=False)

    assert isinstance(caught.value, BadRequest)
    assert "nobody/knows" in caught.value.message
    assert "pytorch-training" in caught.value.message
    assert str(tmp_path) in caught.value.message


def test_what_is_no_uri_is_a_bad_request() -> None:
    with pytest.raises(BadRequest, match="not an image URI"):
        _catalogue().resolve("Not An Image", gpu=False)


def test_when_no_version_can_be_had_the_error_says_what_to_check() -> None:
    with pytest.raises(UnknownImage, match="No version of mxnet can be had here"):
        _catalogue(Supply(lacks=("mxnet",))).resolve("mxnet", gpu=False)


LIGHT = """
short = "light"
repositories = ["team/light"]
packages = ["boto3"]
releases = [{ version = "4.7", python = "3.9-3.13", extra = "pandas" }]
[[ways]]
framework = ["lightgbm=={version}", "{extra}"]
"""


def test_a_user_adds_a_family_with_a_few_lines(tmp_path: Path) -> None:
    (tmp_path / "light.toml").write_text(LIGHT)

    recipe = _catalogue(extra_dir=tmp_path).resolve("registry.example.com/team/light:4.7", gpu=False)

    assert recipe.packages == ("lightgbm==4.7", "pandas", "boto3")


def test_a_users_file_is_read_again_when_it_has_changed_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "light.toml").write_text(LIGHT)
    assert _catalogue(extra_dir=tmp_path).by_name["light"].short == "light"

    with monkeypatch.context() as unread:
        unread.setattr(catalogue, "read_family", lambda path: pytest.fail(f"{path} was read"))
        _catalogue(extra_dir=tmp_path)
    # As editors do: another file takes its place.
    (tmp_path / "new").write_text(LIGHT.replace('short = "light"', 'short = "other"'))
    (tmp_path / "new").replace(tmp_path / "light.toml")
    assert _catalogue(extra_dir=tmp_path).by_name["light"].short == "other"
    (tmp_path / "light.toml").unlink()
    assert "light" not in _catalogue(extra_dir=tmp_path).by_name


def test_a_users_file_replaces_ours_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "mxnet-training.toml").write_text(LIGHT)
    catalogue = _catalogue(extra_dir=tmp_path)

    assert catalogue.by_name["mxnet-training"].short == "light"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("not toml", "not TOML"),
        ("", "releases must list"),
        ('releases = [{ version = "1" }]', "a release needs"),
        (LIGHT.replace("short", "shrt"), "no key 'shrt'"),
        (LIGHT.replace('"boto3"', "3"), "packages must be a list of texts"),
        (LIGHT.replace("{extra}", "{other}"), "the release has no 'other'"),
        (
            LIGHT.replace("short", 'serves = "tea"\nshort'),
            "serves is 'tea'; there is a serving contract for automl, mxnet",
        ),
        (LIGHT + 'processor = "tpu"\n', "processor is 'tpu'"),
        (LIGHT + 'shims = ["nothing"]\n', "no shim 'nothing'"),
    ],
)
def test_a_family_that_cannot_be_understood_names_file_and_fix(
    tmp_path: Path, text: str, problem: str
) -> None:
    (tmp_path / "light.toml").write_text(text)

    with pytest.raises(BadFamily, match=problem) as caught:
        _catalogue(extra_dir=tmp_path)

    assert "light.toml" in str(caught.value)
