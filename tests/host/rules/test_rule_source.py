"""The source of a custom rule: a file, a folder, archives, and what archives may do to each other."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.host.inputs.test_archives import link, tar
from tests.host.standin import Standin

from clary.domain.identity import Credentials
from clary.host.client.objects import ObjectSource
from clary.host.client.service import Service
from clary.host.errors import ClientError
from clary.host.rules.rule_source import fetch_rule_source


@pytest.fixture
def source(standin: Standin) -> Iterator[ObjectSource]:
    def service() -> Service:
        return Service(standin.url, "us-east-1", lambda: Credentials("A", "s"))

    source = ObjectSource(service, service, "job/algo-1", "arn:aws:iam::000000000000:role/trainer")
    yield source
    source.close()


def configurations(uri: str) -> dict[str, Any]:
    return {"DebugRuleConfigurations": [{"RuleParameters": {"source_s3_uri": uri}}]}


def test_archives_of_a_folder_are_unpacked_beside_its_files(
    standin: Standin, source: ObjectSource, tmp_path: Path
) -> None:
    standin.put("rules", "mine/a.tar.gz", tar(("in/rule.py", b"1")))
    standin.put("rules", "mine/other.py", b"2")

    fetch_rule_source(configurations("s3://rules/mine"), tmp_path, source)

    assert (tmp_path / "code/in/rule.py").read_bytes() == b"1"
    assert (tmp_path / "code/other.py").read_bytes() == b"2"


@pytest.mark.parametrize("second", [("b/stolen", b"x"), ("b", b"x")], ids=["through", "in its place"])
def test_a_link_of_one_archive_leads_no_other_one_out(
    standin: Standin, source: ObjectSource, tmp_path: Path, second: tuple[str, bytes]
) -> None:
    """The second archive makes a link of ``a/b``, so that a path that looks inside leads outside."""
    (tmp_path / "stolen").write_text("key")
    way_out = (link("a", "c/.."), link("b", "a"), tarfile.TarInfo("c"))
    standin.put("rules", "mine/1.tar.gz", tar(*way_out))
    standin.put("rules", "mine/2.tar.gz", tar(link("c", "."), second))

    with suppress(ClientError):
        fetch_rule_source(configurations("s3://rules/mine"), tmp_path, source)

    assert sorted(os.listdir(tmp_path)) == ["code", "stolen", "stored"]
    assert (tmp_path / "stolen").read_text() == "key"


def test_an_archive_that_another_one_replaced_is_not_opened(
    standin: Standin, source: ObjectSource, tmp_path: Path
) -> None:
    standin.put("rules", "mine/1.tar.gz", tar(link("2.tar.gz", "1.tar.gz")))
    standin.put("rules", "mine/2.tar.gz", tar(("rule.py", b"1")))

    with pytest.raises(ClientError, match="was replaced by what another archive holds"):
        fetch_rule_source(configurations("s3://rules/mine"), tmp_path, source)


@pytest.mark.parametrize("uri", ["s3://rules/nothing", "rules/mine", "s3://"])
def test_a_source_that_is_not_there_says_so(source: ObjectSource, tmp_path: Path, uri: str) -> None:
    with pytest.raises(ClientError, match="source_s3_uri"):
        fetch_rule_source(configurations(uri), tmp_path, source)
