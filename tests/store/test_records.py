from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.store.databases import open_database

from clary.store.paging import BadToken, ListQuery
from clary.store.records import LeaseLost, RecordExists, RecordMissing, Records


class Clock:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        self.at += 1
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(tmp_path: Path, clock: Clock) -> Records:
    return Records(open_database(tmp_path / "clary.db"), clock)


def test_what_was_inserted_is_there_with_its_times(records: Records) -> None:
    records.insert("job", "a", {"X": [1, {"y": "ü"}]})

    assert records.get("job", "a") == {
        "CreationTime": 1001.0,
        "LastModifiedTime": 1001.0,
        "X": [1, {"y": "ü"}],
    }


def test_it_is_there_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    Records(open_database(tmp_path / "clary.db"), clock).insert("job", "a", {"X": 1})

    assert Records(open_database(tmp_path / "clary.db"), clock).get("job", "a")["X"] == 1


def test_a_name_differs_in_more_than_case(records: Records) -> None:
    records.insert("job", "Digits", {})

    with pytest.raises(RecordExists):
        records.insert("job", "digits", {})
    assert records.find("job", "digits") is None
    records.insert("trial", "digits", {})


def test_missing_is_said(records: Records) -> None:
    for call in (
        lambda: records.get("job", "a"),
        lambda: records.update("job", "a", {"X": 1}),
        lambda: records.delete("job", "a"),
    ):
        with pytest.raises(RecordMissing):
            call()
    assert records.lease("job", "a", holder="me", for_s=10) is None


def test_an_update_merges_and_what_raises_changes_nothing(records: Records) -> None:
    records.insert("job", "a", {"X": 1, "Y": 1})

    def refuse(_: dict[str, object]) -> dict[str, object]:
        raise ValueError

    assert records.update("job", "a", {"Y": 2})["X"] == 1
    with pytest.raises(ValueError):  # noqa: PT011 - our own, from inside the transaction
        records.update("job", "a", refuse)
    assert records.get("job", "a")["Y"] == 2


def test_concurrent_updates_lose_nothing(records: Records) -> None:
    records.insert("job", "a", {"Count": 0})

    def count() -> None:
        for _ in range(50):
            records.update("job", "a", lambda document: {"Count": document["Count"] + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert records.get("job", "a")["Count"] == 200


def test_listeners_hear_after_the_commit(records: Records) -> None:
    heard: list[object] = []
    records.on_change(lambda kind, name: heard.append((kind, name, records.find(kind, name))))

    records.insert("job", "a", {})

    assert heard == [("job", "a", {"CreationTime": 1001.0, "LastModifiedTime": 1001.0})]


def test_a_lease_keeps_others_out_until_it_ends(records: Records, clock: Clock) -> None:
    records.insert("job", "a", {})

    assert records.lease("job", "a", holder="me", for_s=30) is not None

    assert records.lease("job", "a", holder="you", for_s=30) is None
    clock.at += 60
    assert records.lease("job", "a", holder="you", for_s=30) is not None


def test_the_later_of_two_runners_writes_and_the_earlier_is_refused(records: Records, clock: Clock) -> None:
    records.insert("job", "a", {})
    mine = records.lease("job", "a", holder="me", for_s=30)
    clock.at += 60
    yours = records.lease("job", "a", holder="you", for_s=30)
    assert mine is not None
    assert yours is not None

    records.apply(yours, {"X": "yours"})
    with pytest.raises(LeaseLost):
        records.apply(mine, {"X": "mine"})

    assert records.get("job", "a")["X"] == "yours"


def test_a_lease_of_an_hour_ago_is_refused_though_nobody_took_the_record(
    records: Records, clock: Clock
) -> None:
    records.insert("job", "a", {})
    old = records.lease("job", "a", holder="me", for_s=30)
    assert old is not None

    clock.at += 3600
    with pytest.raises(LeaseLost, match="run out"):
        records.apply(old, {"X": 1})

    assert "X" not in records.get("job", "a")


def test_a_holder_that_leases_again_writes_under_its_last_lease_only(records: Records) -> None:
    records.insert("job", "a", {})
    first = records.lease("job", "a", holder="me", for_s=30)
    second = records.lease("job", "a", holder="me", for_s=30)
    assert first is not None
    assert second is not None

    with pytest.raises(LeaseLost):
        records.apply(first, {"X": 1})
    assert records.apply(second, {"X": 2})["X"] == 2


def test_a_holder_is_told_apart_from_one_whose_name_begins_alike(records: Records) -> None:
    records.insert("job", "a", {})
    assert records.lease("job", "a", holder="me2", for_s=30) is not None

    assert records.lease("job", "a", holder="me", for_s=30) is None


def test_a_record_made_anew_is_not_written_under_the_lease_of_the_old_one(records: Records) -> None:
    records.insert("job", "a", {})
    old = records.lease("job", "a", holder="me", for_s=30)
    assert old is not None
    records.delete("job", "a")
    records.insert("job", "a", {})

    with pytest.raises(LeaseLost):
        records.apply(old, {"X": 1})


def test_leases_of_the_dead_can_be_ended(records: Records) -> None:
    records.insert("job", "a", {})
    assert records.lease("job", "a", holder="dead", for_s=30) is not None

    records.end_leases()

    assert records.lease("job", "a", holder="me", for_s=30) is not None


def test_records_are_found_by_arn(records: Records) -> None:
    records.insert("job", "a", {"X": 1}, arn="arn:aws:x")

    found = records.find_by_arn("arn:aws:x")

    assert found is not None
    assert found["X"] == 1
    assert records.find_by_arn("arn:aws:y") is None


@pytest.mark.parametrize("sort_by", ["name", "created_at", "modified_at", "status"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_reassemble_the_list(records: Records, sort_by: str, descending: bool) -> None:
    for number in range(23):
        records.insert("job", f"job-{number:02}", {"N": number}, status="A" if number % 3 else "B")
    query = ListQuery("job", sort_by=sort_by, descending=descending)

    whole = [document["N"] for document in records.page(query, limit=100).documents]
    pieces: list[int] = []
    token = None
    while True:
        page = records.page(query, limit=5, token=token)
        pieces += [document["N"] for document in page.documents]
        token = page.token
        if token is None:
            break

    assert pieces == whole
    assert len(whole) == 23


def test_a_page_token_is_not_moved_by_what_is_inserted(records: Records) -> None:
    for number in range(6):
        records.insert("job", f"job-{number}", {"N": number})
    query = ListQuery("job", descending=True)

    first = records.page(query, limit=3)
    records.insert("job", "newer", {"N": 99})
    second = records.page(query, limit=3, token=first.token)

    assert [document["N"] for document in second.documents] == [2, 1, 0]


@pytest.mark.parametrize("token", ["", "x", "bm90IGpzb24=", "WzEsMl0=", "W1tdLFtdLFtdXQ=="])
def test_a_foreign_token_is_refused(records: Records, token: str) -> None:
    with pytest.raises(BadToken):
        records.page(ListQuery("job"), limit=3, token=token)


def test_filters_combine(records: Records) -> None:
    records.insert("job", "Alpha-1", {"Group": "x"}, status="Completed")
    records.insert("job", "alpha-2", {"Group": "y"}, status="Failed")
    records.insert("job", "beta-1", {"Group": "x"}, status="Completed")

    def names(**filters: object) -> list[str]:
        query = ListQuery("job", sort_by="name", descending=False, **filters)  # type: ignore[arg-type]
        return [str(document["CreationTime"]) for document in records.page(query, limit=10).documents]

    assert names(name_contains="ALPHA") == ["1001.0", "1002.0"]
    assert names(name_contains="alpha", statuses=["Completed"]) == ["1001.0"]
    assert names(members=(("Group", "x"),)) == ["1001.0", "1003.0"]
    assert names(created_after=1001.0, created_before=1003.0) == ["1002.0"]
