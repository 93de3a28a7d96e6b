from __future__ import annotations

import json

import pytest

from clary.domain.identity import Credentials
from clary.services.access.sealed_keys import (
    InstallationKeys,
    WrongKey,
    open_with_secret,
    open_with_token_key,
    seal,
)

KEYS = InstallationKeys(Credentials("AKIAROOT", "the root secret"), b"t" * 32, "given to servers")


def test_they_open_with_the_secret_and_with_the_token_key() -> None:
    sealed = seal(KEYS)

    assert open_with_secret(sealed, KEYS.secret) == KEYS
    assert open_with_token_key(sealed, KEYS.token_key) == KEYS


def test_nothing_of_them_is_in_what_is_stored() -> None:
    stored = json.dumps(seal(KEYS))

    for word in ("AKIAROOT", "the root secret", "tttt", "given to servers"):
        assert word not in stored
    assert seal(KEYS) != seal(KEYS)


@pytest.mark.parametrize(
    "changed", [{"ForJoining": ""}, {"ForJoining": "AAAA"}, {"Salt": "AAAA"}, {"Salt": "%"}]
)
def test_another_secret_or_a_damaged_seal_opens_nothing(changed: dict[str, str]) -> None:
    sealed = seal(KEYS)

    with pytest.raises(WrongKey):
        open_with_secret(sealed, "another secret")
    with pytest.raises(WrongKey):
        open_with_secret({**sealed, **changed}, KEYS.secret)
    with pytest.raises(WrongKey):
        open_with_token_key(sealed, b"x" * 32)
    with pytest.raises(WrongKey):
        open_with_token_key({**sealed, "ForServers": sealed["ForJoining"]}, KEYS.token_key)


def test_their_text_says_no_secret() -> None:
    assert repr(KEYS) == "InstallationKeys(AKIAROOT)"
