"""Our reader and writer compared with the real smdebug: both read what either of them writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.journeys.clients import Client, clean_environ, client_prefix

from clary.debugger import open_trial
from clary.debugger.tensors import Collection, Mode, Reductions, TensorWriter, reduce, reduction_tensor_name
from clary.debugger.tensors.reductions import Reduction
from clary.debugger.trial import NotSaved, Trial

pytestmark = pytest.mark.journey
SCRIPTS = Path(__file__).parent / "scripts"


def run(name: str, script: str, folder: Path, **arguments: Any) -> Any:
    environ = {**clean_environ(folder), "AWS_REGION": "us-east-1", "USE_SMDEBUG": "1"}
    return Client(client_prefix(name), environ, folder).run(str(SCRIPTS / script), **arguments)


def seen_by_smdebug(name: str, root: Path, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    out = folder / "seen.npz"
    facts = run(name, "read.py", folder, root=str(root), out=str(out))
    with np.load(out) as arrays:
        return facts, dict(arrays)


def assert_alike(trial: Trial, facts: dict[str, Any], arrays: dict[str, Any]) -> None:
    assert trial.ended == facts["ended"] is True
    assert {mode.name: trial.steps(mode) for mode in Mode} == facts["steps"]
    assert trial.tensor_names() == facts["tensor_names"]
    assert {str(step): trial.tensor_names(step=step) for step in trial.steps()} == facts["names_by_step"]
    assert set(trial.workers()) == set(facts["workers"])
    collections = trial.collections
    assert {name: trial.tensor_names(collection=name) for name in collections} == facts["collections"]
    assert {name: list(found.include_regex) for name, found in collections.items()} == facts["regexes"]
    assert read_by_us(trial, arrays) == set(arrays)


def read_by_us(trial: Trial, arrays: dict[str, Any]) -> set[str]:
    """The keys of all arrays, after each was compared."""
    found = set()
    for step in trial.follow():
        for worker in step.workers:
            for name, saved in step.tensors(worker).items():
                key = f"{name}|{step.step}|{worker}"
                if saved.has_value:
                    found.add(f"value|{key}")
                    assert_equal(saved.value(), arrays[f"value|{key}"])
                for reduction in saved.stored_reductions:
                    found.add(f"stored|{key}|{reduction.name}|{reduction.absolute}")
                    value = saved.reduction(reduction.name, absolute=reduction.absolute)
                    assert_equal(value, arrays[f"stored|{key}|{reduction.name}|{reduction.absolute}"])
                for other in arrays:
                    if other.startswith(f"computed|{key}|"):
                        found.add(other)
                        _, _, _, _, kind, absolute = other.split("|")
                        value = saved.reduction(kind, absolute=absolute == "True")
                        np.testing.assert_allclose(value, arrays[other], rtol=1e-6)
    return found


def assert_equal(ours: Any, theirs: Any) -> None:
    assert np.asarray(ours).dtype == theirs.dtype
    assert np.shape(ours) == theirs.shape
    np.testing.assert_array_equal(ours, theirs)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two workers, three modes, every type, reductions with and without their tensor."""
    root = tmp_path_factory.mktemp("ours")
    random = np.random.default_rng(0)
    for worker in ("worker_0", "worker_1"):
        writer = TensorWriter(root, worker, 2, end_marker=False)
        writer.set_collections(
            {
                "losses": Collection("losses", ("[Ll]oss",)),
                "weights": Collection("weights", ("weight",), frozenset({"plain"})),
                "reduced": Collection(
                    "reduced", ("reduced",), reductions=Reductions((Reduction("mean", True), Reduction("l2")))
                ),
            }
        )
        for step in range(0, 2004, 501):
            mode = list(Mode)[step % 3]
            tensors: list[tuple[str, Any]] = [
                (f"type/{dtype}", random.normal(size=(2, 3)).astype(dtype))
                for dtype in (
                    "f2",
                    "f4",
                    "f8",
                    "i4",
                    "i8",
                    "u1",
                    "?",
                    "c16",
                    "i1",
                    "i2",
                    "u2",
                    "u4",
                    "u8",
                    "c8",
                )
            ]
            tensors += [
                ("CrossEntropyLoss_output_0", np.array(random.normal(), "f4")),
                ("Net_fc.weight", random.normal(size=(4, 1, 3, 3)).astype("f4").T),
                ("plain", random.normal(size=7)),
                ("strings", np.array(["a", "b·ü", ""])),
            ]
            gone = random.normal(size=(3, 3)).astype("f4")
            for tensor in ("reduced_only", "plain"):
                for kind, absolute in (("mean", True), ("l2", False)):
                    stored = reduction_tensor_name(tensor, kind, absolute=absolute)
                    tensors.append((stored, np.array(reduce(gone, kind, absolute=absolute))))
            assert writer.write(step, mode, step // 501, tensors)
        assert not writer.close().lost_something
    (root / "training_job_end.ts").touch()
    return root


@pytest.mark.parametrize("client", ["v2", "smdebug-torch"], ids=["numpy 2", "numpy 1"])
def test_an_unmodified_smdebug_reads_ours(client: str, ours: Path, tmp_path: Path) -> None:
    facts, arrays = seen_by_smdebug(client, ours, tmp_path)

    assert_alike(open_trial(ours), facts, arrays)
    assert len(facts["workers"]) == 2
    assert sum(key.startswith("value|type/") for key in arrays) == 2 * 4 * 14
    assert sum(key.startswith("stored|") for key in arrays) == 2 * 4 * 4


@pytest.mark.parametrize(
    ("framework", "options", "expected"),
    [
        ("torch", {"reduced": False}, "gradient/Sequential_3.weight"),
        ("mxnet", {}, "conv0_relu_output_0"),
        ("xgboost", {}, "train-logloss"),
    ],
)
def test_ours_reads_what_the_real_library_wrote(
    framework: str, options: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    root = tmp_path / "genuine"
    run(f"smdebug-{framework}", f"make_{framework}.py", tmp_path, root=str(root), **options)
    facts, arrays = seen_by_smdebug(f"smdebug-{framework}", root, tmp_path)

    trial = open_trial(root)

    assert expected in trial.tensor_names()
    assert_alike(trial, facts, arrays)


def test_genuine_reductions_are_read(tmp_path: Path) -> None:
    root = tmp_path / "genuine"
    run("smdebug-torch", "make_torch.py", tmp_path, root=str(root), reduced=True)
    facts, arrays = seen_by_smdebug("smdebug-torch", root, tmp_path)

    trial = open_trial(root)

    assert_alike(trial, facts, arrays)
    assert any(key.startswith("stored|gradient/") for key in arrays)
    with pytest.raises(NotSaved):
        trial["gradient/Sequential_3.weight"].value(0)


def test_our_index_of_genuine_tensors_is_the_genuine_index(tmp_path: Path) -> None:
    """The records have equal lengths in bytes; only the order of the fields in them differs."""
    root, again = tmp_path / "genuine", tmp_path / "again"
    run("smdebug-torch", "make_torch.py", tmp_path, root=str(root), reduced=False)
    trial = open_trial(root)

    writer = TensorWriter(again)
    indexes = {}
    for step in trial.follow():
        path = f"index/000000000/{step.step:012d}_worker_0.json"
        indexes[path] = json.loads((root / path).read_text())
        arrays = step.tensors().load()
        names = [entry["tensorname"] for entry in indexes[path]["tensor_payload"]]
        writer.write(step.step, step.mode, step.mode_step, [(name, arrays[name]) for name in names])
    writer.close()

    assert len(indexes) == 3
    for path, index in indexes.items():
        ours = json.loads((again / path).read_text())
        assert ours["meta"] == index["meta"]
        assert ours["tensor_payload"] == index["tensor_payload"]
