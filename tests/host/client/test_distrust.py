"""An agent whose server shows another certificate, or is away for a while behind TLS."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent, make_spec
from tests.host.standin import Standin
from tests.host.tls_echo import echo

from clary.host.client import distrust
from clary.server.own_certificate import own_certificate


@pytest.mark.parametrize(
    ("given", "advice"),
    [("other", "A further attempt of the job gets the present one."), ("none", "Let this machine trust")],
)
def test_an_agent_says_why_it_does_not_trust_the_server(
    tmp_path: Path, standin: Standin, given: str, advice: str
) -> None:
    files = own_certificate(tmp_path / "server", "127.0.0.1")
    certificate = own_certificate(tmp_path / "other", "127.0.0.1")[0].read_text() if given == "other" else ""
    spec = make_spec(standin)
    with echo(files) as url:
        endpoint = dataclasses.replace(spec.endpoint, url=url, certificate=certificate)
        agent = RunningAgent(tmp_path / "host", dataclasses.replace(spec, endpoint=endpoint))
        assert agent.process.wait(60) == 1

    last = (tmp_path / "host" / "agent.log").read_text().splitlines()[-1]
    assert last.startswith(f"The server at {url} is not trusted (")
    assert advice in last


def test_a_server_that_was_trusted_is_awaited_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    url, trouble = "https://10.0.0.1:8443", OSError("another certificate")
    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)

    distrust.trusted(url)
    distrust.distrust(url, trouble, "", distrust.PATIENCE_S)
    assert ended == []
    distrust.distrust(url, trouble, "", distrust.PATIENCE_S + 1)
    assert ended == [1]
