from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.host.standin import Standin

from clary.domain.identity import Credentials
from clary.host.client.objects import ObjectSource
from clary.host.client.s3 import S3Uri
from clary.host.client.service import Service
from clary.host.profile.minutes import Minutes
from clary.host.profile.upload import LARGE_BYTES, ProfileUpload

AT_S = 1_600_000_020.0
MINUTE = "job/profiler-output/system/incremental/2020091312/1600000020.algo-1.json"


@pytest.fixture
def source(standin: Standin) -> Iterator[ObjectSource]:
    def service() -> Service:
        return Service(standin.url, "us-east-1", lambda: Credentials("AK", "secret", "token"), patience_s=0.0)

    source = ObjectSource(service, service, "job/algo-1", "arn:aws:iam::000000000000:role/trainer")
    yield source
    source.close()


@pytest.fixture
def minutes() -> Minutes:
    return Minutes("algo-1", most_bytes=4 * LARGE_BYTES)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def upload(source: ObjectSource, minutes: Minutes, said: list[str], tmp_path: Path) -> ProfileUpload:
    uri = S3Uri("profiles", "job/profiler-output/")
    return ProfileUpload(uri, minutes, tmp_path, source, said.append)


def times_sent(standin: Standin) -> int:
    return standin.calls.count(f"PUT /profiles/{MINUTE}")


def test_a_minute_is_sent_again_as_it_grows_and_not_otherwise(
    upload: ProfileUpload, minutes: Minutes, standin: Standin
) -> None:
    for lines in (b"a\n", b"", b"", b"a\n", b""):
        minutes.add(AT_S, lines)
        assert upload.look()

    assert times_sent(standin) == 2
    assert standin.objects["profiles", MINUTE] == b"a\na\n"


def test_a_large_minute_is_not_sent_at_every_look_but_whole_at_the_end(
    upload: ProfileUpload, minutes: Minutes, standin: Standin
) -> None:
    line = b"x" * 1023 + b"\n"
    minutes.add(AT_S, line * 1100)
    for at in range(3):
        upload.look()
        minutes.add(AT_S + at, line)
    assert times_sent(standin) == 1

    upload.finish()

    assert times_sent(standin) == 2
    assert len(standin.objects["profiles", MINUTE]) == 1103 * 1024


def test_what_could_not_be_sent_is_sent_when_it_can_be(
    upload: ProfileUpload, minutes: Minutes, standin: Standin, said: list[str]
) -> None:
    minutes.add(AT_S, b"a\n")
    standin.denied = {MINUTE}
    assert [upload.look(), upload.look()] == [False, False]
    standin.denied = set()
    assert upload.look()

    assert standin.objects["profiles", MINUTE] == b"a\n"
    assert [line.split(": ")[1] for line in said] == ["the profile is not uploaded for now"]


def test_minutes_that_were_given_up_are_said_at_the_end(
    upload: ProfileUpload, minutes: Minutes, said: list[str]
) -> None:
    for number in range(6):
        minutes.add(AT_S + 60 * number, b"x" * LARGE_BYTES)
    upload.finish()

    assert said == ["Clary: 2 minutes of the profile could not be uploaded in time."]
