from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.host.conftest import SOURCE, until
from tests.host.inputs.conftest import ROLE
from tests.host.standin import Standin

from clary.domain.hosts import ChannelSpec
from clary.host.client.objects import ObjectSource
from clary.host.errors import ClientError
from clary.host.inputs import channels
from clary.host.inputs.channels import ChannelFiles, stage_files
from clary.host.inputs.node_cache import BYTES_VARIABLE, FOLDER_VARIABLE, NodeCache
from clary.host.layout import Layout

Stage = Callable[..., ChannelFiles]


@pytest.fixture
def stage(standin: Standin, remote: ObjectSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Stages s3://data/d/ for the host of a name, as a channel that is not small."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv(BYTES_VARIABLE, "1000")
    monkeypatch.setattr(channels, "SMALL_CHANNEL_BYTES", 0)
    for name in "abc":
        standin.put("data", f"d/{name}", name.encode() * 100)

    def run(host: str, prefix: str = "d/", **changes: bool) -> ChannelFiles:
        layout = Layout(tmp_path / host)
        (layout.ml / "input/data").mkdir(parents=True)
        links = changes.get("links", True)
        return stage_files(ChannelSpec("x", f"s3://data/{prefix}"), layout, remote, links=links)

    return run


def gets(standin: Standin) -> int:
    return sum(call.startswith("GET") for call in standin.calls)


def kept(tmp_path: Path) -> int:
    return len(list((tmp_path / "cache").glob("*/objects/*")))


def test_a_second_host_links_what_the_first_has_downloaded(standin: Standin, stage: Stage) -> None:
    first, second = stage("one").read_only, stage("two").read_only

    assert first is not None
    assert second is not None
    assert (second / "b").read_bytes() == b"b" * 100
    assert os.path.samefile(first / "b", second / "b")
    assert (second / "b").stat().st_mode & 0o222 == 0
    assert gets(standin) == 3


def test_a_role_that_may_not_read_does_not_get_what_another_has_left(
    standin: Standin, stage: Stage, tmp_path: Path
) -> None:
    stage("one")
    standin.denied = {"d/b"}

    with pytest.raises(ClientError, match=f"role {ROLE} is not allowed s3:GetObject"):
        stage("two")
    assert list((tmp_path / "two").rglob("b")) == []


def test_a_replaced_object_is_downloaded_again(standin: Standin, stage: Stage) -> None:
    stage("one")
    standin.put("data", "d/b", b"new" * 40)

    second = stage("two").read_only

    assert second is not None
    assert (second / "b").read_bytes() == b"new" * 40
    assert gets(standin) == 4


def test_what_was_used_least_recently_makes_room(standin: Standin, stage: Stage, tmp_path: Path) -> None:
    stage("one")
    for number in range(5):
        standin.put("data", f"e/{number}", b"%d" % number * 150)
    stage("use-a", "d/a")
    stage("use-c", "d/c")

    stage("two", "e/")  # 750 of 1000 bytes
    before = gets(standin)
    stage("again", "d/a")

    assert gets(standin) == before
    assert sum(path.stat().st_size for path in (tmp_path / "cache").glob("*/objects/*")) <= 1000
    stage("gone", "d/b")
    assert gets(standin) == before + 1


def test_a_channel_beyond_the_bound_is_not_kept(standin: Standin, stage: Stage, tmp_path: Path) -> None:
    standin.put("data", "d/large", b"x" * 1001)

    staged = stage("one")

    assert staged.read_only is None
    assert kept(tmp_path) == 0


def test_without_a_sandbox_nothing_is_linked(stage: Stage, tmp_path: Path) -> None:
    assert stage("one", links=False).read_only is None
    assert kept(tmp_path) == 0


def test_files_of_an_earlier_boot_are_removed(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "cache/earlier/objects").mkdir(parents=True)
    (tmp_path / "cache/earlier/objects/x").write_text("half")

    stage("one")

    assert not (tmp_path / "cache/earlier").exists()


CHILD = """
import os, sys
sys.path[:0] = [{source!r}, {tests!r}]
from pathlib import Path
from clary.domain.hosts import ChannelSpec
from clary.domain.identity import Credentials
from clary.host.client.objects import ObjectSource
from clary.host.client.service import Service
from clary.host.inputs import channels
from clary.host.layout import Layout
channels.SMALL_CHANNEL_BYTES = 0
service = lambda: Service(sys.argv[2], "us-east-1", lambda: Credentials("A", "s"))
source = ObjectSource(service, service, "job/algo-1", "role")
layout = Layout(Path(sys.argv[1]))
(layout.ml / "input/data").mkdir(parents=True)
channels.stage_files(ChannelSpec("x", "s3://data/d/"), layout, source, links=True)
"""


def test_agents_at_once_download_once_and_one_that_is_killed_is_replaced(
    standin: Standin, stage: Stage, tmp_path: Path
) -> None:
    standin.fault = lambda name, count: "drop" if name == "GET /data/d/b" and count < 4 else None
    code = CHILD.format(source=SOURCE, tests=str(Path(__file__).parents[3]))

    def start(host: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", code, str(tmp_path / host), standin.url])

    with start("killed") as killed:
        until(lambda: "GET /data/d/b" in standin.calls)
        killed.send_signal(signal.SIGKILL)
    with start("one") as one, start("two") as two:
        assert (one.wait(90), two.wait(90)) == (0, 0)

    assert os.path.samefile(tmp_path / "one/channels/x/b", tmp_path / "two/channels/x/b")
    assert (tmp_path / "two/channels/x/b").read_bytes() == b"b" * 100
    assert kept(tmp_path) == 3
    NodeCache.of_node(os.environ, standin.url).make_room()  # type: ignore[union-attr]
    assert list((tmp_path / "cache").glob("*/incoming/*")) == []
