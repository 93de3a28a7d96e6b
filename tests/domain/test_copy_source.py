from __future__ import annotations

import pytest

from clary.domain.copy_source import CopySource, read_copy_source
from clary.domain.errors import BadRequest


@pytest.mark.parametrize(
    ("header", "bucket", "key"),
    [
        ("b/k", "b", "k"),
        ("/b/k", "b", "k"),
        ("b%2Fa%2Fk", "b", "a/k"),
        ("%2Fb%2Fmy%20file", "b", "my file"),
        ("b/my+file", "b", "my file"),
        ("b/my file", "b", "my file"),
        ("b/a%2Bb", "b", "a+b"),
        ("b//a", "b", "/a"),
        ("b/%C3%BC", "b", "ü"),
        ("b/ü".encode().decode("latin-1"), "b", "ü"),
        ("b/what%3FversionId=1", "b", "what?versionId=1"),
    ],
)
def test_every_spelling_of_clients_names_its_object(header: str, bucket: str, key: str) -> None:
    assert read_copy_source(header) == CopySource(bucket, key)


def test_a_version_stands_behind_the_key() -> None:
    assert read_copy_source("b/k?versionId=abc") == CopySource("b", "k", "abc")


@pytest.mark.parametrize("header", ["", "/", "b", "b/", "/b/", "//k", "b/%FF", "b/\udcff"])
def test_what_names_no_object_is_refused(header: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read_copy_source(header)

    assert caught.value.code == "InvalidArgument"
