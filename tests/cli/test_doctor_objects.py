from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.backing import BackingS3, backing_s3

from clary.cli.doctor import MachineCheck, _objects
from clary.server.settings import Settings
from clary.server.state import StateFolder


def test_doctor_says_whether_the_s3_behind_can_be_used(tmp_path: Path) -> None:
    with backing_s3(tmp_path) as s3:
        good = found(s3, tmp_path)
        assert (good.ok, s3.objects(), s3.uploads()) == (True, set(), 0)
        assert "there is no such bucket" in found(s3, tmp_path, s3_url=f"{s3.address.endpoint}/nowhere").said
        wrong = found(s3, tmp_path, s3_access_key_id="AKIAWRONG")
        assert "does not know the access key" in wrong.said
        assert "SECRET_ACCESS_KEY" in found(s3, tmp_path, s3_secret_access_key="not the secret").said
        state = StateFolder(tmp_path / "mine")
        state.prepare()
        own = state.root_credentials()
        mine = found(s3, tmp_path / "mine", s3_access_key_id=own.access_key_id)
        assert (mine.ok, "CLARY_S3_ACCESS_KEY_ID" in mine.remedy) == (False, True)

    away = found(s3, tmp_path)
    assert (away.ok, "does not answer" in away.said) == (False, True)
    assert "not the secret" not in f"{wrong} {away}"


def test_doctor_asks_an_s3_that_is_used_directly(tmp_path: Path) -> None:
    with backing_s3(tmp_path) as s3:
        given = {"s3_url": s3.address.endpoint, "s3_direct": True}
        good = found(s3, tmp_path, **given)
        assert (good.ok, "it has 1 buckets" in good.said) == (True, True)
        wrong = found(s3, tmp_path, **given, s3_access_key_id="AKIAWRONG")
        assert (wrong.ok, "does not know the access key" in wrong.said) == (False, True)
    away = found(s3, tmp_path, **given)
    assert (away.ok, "does not answer" in away.said) == (False, True)


def found(s3: BackingS3, home: Path, s3_url: str = "", **others: Any) -> MachineCheck:
    access, secret = s3.address.keys or ("", "")
    given = {"s3": s3_url or s3.url, "s3_access_key_id": access, "s3_secret_access_key": secret, **others}
    return _objects(Settings(home=home, **given))
