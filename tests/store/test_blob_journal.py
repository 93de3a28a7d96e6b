from __future__ import annotations

import os
from typing import TYPE_CHECKING

from clary.store.blob_journal import REWRITE_BYTES, BlobJournal, abandoned

if TYPE_CHECKING:
    from pathlib import Path


def test_the_journal_of_a_living_process_is_nobody_elses(tmp_path: Path) -> None:
    journal = BlobJournal(tmp_path)
    journal.doubt("a")

    assert list(abandoned(tmp_path)) == []

    journal.close()


def test_what_was_in_doubt_at_the_end_is_found(tmp_path: Path) -> None:
    journal = BlobJournal(tmp_path)
    journal.doubt("a", "b")
    journal.close()

    [(_, names)] = abandoned(tmp_path)

    assert names == {"a", "b"}


def test_a_journal_with_nothing_in_doubt_goes_away(tmp_path: Path) -> None:
    journal = BlobJournal(tmp_path)
    journal.doubt("a")
    journal.settle("a", "never doubted")
    journal.close()

    assert list(tmp_path.iterdir()) == []


def test_a_line_that_was_cut_short_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "1-dead.log").write_bytes(b"whole\ncut")

    [(_, names)] = abandoned(tmp_path)

    assert names == {"whole"}


def test_a_busy_journal_stays_small_and_forgets_nothing_in_doubt(tmp_path: Path) -> None:
    journal = BlobJournal(tmp_path)
    journal.doubt("f" * 32)
    for number in range(70_000):
        journal.doubt(f"{number:032}")
        journal.settle(f"{number:032}")

    [path] = tmp_path.iterdir()
    assert os.path.getsize(path) <= REWRITE_BYTES + 33
    assert journal.in_doubt() == {"f" * 32}
    assert b"f" * 32 in path.read_bytes()

    journal.close()
