"""The lines of ``clary doctor`` for the nodes of a cluster; the journey of a cluster asks real ones."""

from __future__ import annotations

from typing import Any

import pytest

from clary.cli.cluster_checks import examine_cluster, node_check
from clary.compute.backends.ray.node_report import _unreached
from clary.server.settings import Settings

GOOD: dict[str, Any] = {
    "ray": "2.60.0",
    "sandbox": "unshare",
    "sandbox_reason": "",
    "engine": "",
    "pythons": ["3.11", "3.12"],
    "uv": "/usr/bin/uv",
    "free_bytes": 40 * 2**30,
    "folder": "/home/ray/.clary/nodes",
    "unreached": "",
}
URL = "http://10.0.0.1:9000"


def test_a_good_node() -> None:
    check = node_check("10.0.0.3", GOOD, URL)

    assert (check.what, check.ok, check.remedy) == ("node 10.0.0.3", True, "")
    assert check.said == (
        "Ray 2.60.0, Python 3.11, 3.12, sandbox unshare, 40 GiB free at /home/ray/.clary/nodes"
    )


@pytest.mark.parametrize(
    ("changes", "ok", "words"),
    [
        (
            {"unreached": "Connection refused"},
            False,
            "can't reach this server at http://10.0.0.1:9000: Connection",
        ),
        ({"trouble": "it does not answer"}, False, "it does not answer"),
        ({"sandbox": "none", "sandbox_reason": "forbidden"}, None, "without a private /opt/ml (forbidden)"),
        ({"uv": ""}, None, "pip install uv"),
        ({"free_bytes": 2**30}, None, "make room"),
        ({"engine": "unix:///run/docker.sock"}, True, "container engine unix:///run/docker.sock"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], ok: bool | None, words: str) -> None:
    check = node_check("10.0.0.3", {**GOOD, **changes}, URL)

    assert check.ok is ok
    assert words in f"{check.said} {check.remedy}"


def test_a_node_without_an_engine_can_t_run_containers() -> None:
    check = node_check("10.0.0.3", GOOD, URL, containers=True)

    assert check.ok is False
    assert "no container engine" in check.said
    assert node_check("10.0.0.3", {**GOOD, "engine": "unix:///e"}, URL, containers=True).ok


def test_before_the_first_server_there_is_nothing_to_ask(tmp_path: Any) -> None:
    (check,) = examine_cluster(Settings(home=tmp_path, compute="ray://10.0.0.1:10001"))

    assert check.ok is None
    assert "clary up -d" in check.remedy
    assert not list(tmp_path.iterdir())


def test_a_closed_port_is_not_reached() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert _unreached(f"http://127.0.0.1:{port}") == "Connection refused"
        taken.listen()
        assert _unreached(f"http://127.0.0.1:{port}") == ""
