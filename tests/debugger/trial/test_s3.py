"""A trial on S3, read with boto3 from a Clary server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.journeys.server import Server

from clary.debugger import open_trial
from clary.debugger.tensors import Collection, Mode, TensorWriter
from clary.debugger.trial import NoTrial, S3Files
from clary.debugger.trial.s3 import NEAR_BYTES


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = Server(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user"))
    server.start()
    client = server.session(root=True)("s3")
    client.create_bucket(Bucket="tensors")
    yield client
    server.stop()


class Recording:
    """Forwards calls and records them."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append((name, request))
            return getattr(self._client, name)(**request)

        return call

    def ranges(self) -> list[str]:
        return [request["Range"] for _, request in self.calls if "Range" in request]


def upload(s3: Any, root: Path, prefix: str) -> None:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            s3.put_object(Bucket="tensors", Key=f"{prefix}/{path.relative_to(root)}", Body=path.read_bytes())


def train(root: Path, steps: range) -> None:
    writer = TensorWriter(root, end_marker=False)
    writer.set_collections({"losses": Collection("losses", ("loss",))})
    for step in steps:
        tensors = [("loss", np.array(step / 2)), ("w", np.full((8, 8), step, "f4"))]
        writer.write(step, Mode.TRAIN, step, tensors)
    writer.close()


def test_a_trial_on_s3_is_read_like_one_in_a_folder(s3: Any, tmp_path: Path) -> None:
    train(tmp_path, range(5))
    (tmp_path / "training_job_end.ts").write_bytes(b"")
    upload(s3, tmp_path, "job-1/debug-output")

    there = open_trial("s3://tensors/job-1/debug-output/", s3=s3)
    here = open_trial(tmp_path)

    assert there.ended
    assert there.steps() == here.steps() == [0, 1, 2, 3, 4]
    assert there.collections == here.collections
    assert there.tensor_names() == here.tensor_names()
    for name in here:
        for step, value in here[name].values().items():
            np.testing.assert_array_equal(there[name].value(step), value)


def test_a_listing_continues_where_the_last_one_ended(s3: Any, tmp_path: Path) -> None:
    train(tmp_path, range(3))
    upload(s3, tmp_path, "job-2")
    recording = Recording(s3)
    trial = open_trial("s3://tensors/job-2", s3=recording, refresh_every_s=None)
    recording.calls.clear()

    train(tmp_path, range(3, 4))
    upload(s3, tmp_path, "job-2")
    trial.refresh()

    assert trial.steps() == [0, 1, 2, 3]
    gets = [request["Key"] for name, request in recording.calls if name == "get_object"]
    assert [key for key in gets if "/index/" in key] == ["job-2/index/000000000/000000000003_worker_0.json"]
    listed = [request for _, request in recording.calls if request.get("Prefix") == "job-2/index/"]
    assert [request["StartAfter"] for request in listed] == ["job-2/index/000000000/000000000002"]


def test_a_tensor_is_one_ranged_request_and_neighbours_share_one(s3: Any, tmp_path: Path) -> None:
    train(tmp_path, range(1))
    upload(s3, tmp_path, "job-3")
    recording = Recording(s3)
    tensors = open_trial("s3://tensors/job-3", s3=recording).step(0).tensors()

    tensors["w"].value()
    one = recording.ranges()
    tensors.load()

    assert len(one) == 1
    assert one[0] != recording.ranges()[1]
    assert len(recording.ranges()) == 2


def test_distant_tensors_are_fetched_with_separate_requests(s3: Any, tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path)
    writer.set_collections({})
    between = np.zeros(2 * NEAR_BYTES, "u1")
    writer.write(0, Mode.TRAIN, 0, [("a", np.array(1)), ("between", between), ("b", np.array(2))])
    writer.close()
    upload(s3, tmp_path, "job-4")
    recording = Recording(s3)

    loaded = open_trial("s3://tensors/job-4", s3=recording).step(0).tensors().load(["a", "b"])

    assert {name: int(value) for name, value in loaded.items()} == {"a": 1, "b": 2}
    assert len(recording.ranges()) == 2


def test_more_index_files_than_a_page_lists(s3: Any, tmp_path: Path) -> None:
    class SmallPages(Recording):
        def list_objects_v2(self, **request: Any) -> Any:
            return self._client.list_objects_v2(**{"MaxKeys": 2, **request})

    train(tmp_path, range(7))
    upload(s3, tmp_path, "job-5")

    assert open_trial("s3://tensors/job-5", s3=SmallPages(s3)).steps() == list(range(7))


def test_a_missing_object_and_a_missing_range_are_distinguished(s3: Any) -> None:
    s3.put_object(Bucket="tensors", Key="odd/events/x", Body=b"abc")
    files = S3Files("s3://tensors/odd", s3)

    with pytest.raises(FileNotFoundError, match="s3://tensors/odd/events/y"):
        files.read(["events/y"])
    assert bytes(files._get_span(("events/x", 1, 10))) == b"bc"
    assert files._get_span(("events/x", 10, 1)) == b""


def test_a_bucket_that_is_not_there_is_no_trial(s3: Any) -> None:
    with pytest.raises(NoTrial, match="can't be listed"):
        open_trial("s3://no-such-bucket-at-all/x", s3=s3)
