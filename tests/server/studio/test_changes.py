"""The stream of changes: what a page is told, how it goes on after a break, and when it ends."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.server.conftest import Served
from tests.server.studio.browser import PASSWORD, Browser, add_user, next_event

from clary.server.studio import changes as module
from clary.server.studio.changes import KEPT, LINEAGE, Changes
from clary.server.studio.sessions import SESSION
from clary.store.links import LinkKind

JOB = {"TrainingJobName": "x"}


def signed_in(served: Served) -> Browser:
    browser = Browser(served)
    browser.sign_in()
    return browser


def test_a_change_is_told_by_name(served: Served) -> None:
    records, browser = served.platform.records, signed_in(served)
    with browser.changes(served.platform.changes.position) as stream:
        assert next_event(stream)[:2] == ("change", [])

        records.insert("training-job", "x", JOB)
        records.insert("iam-user", "not-watched", {})

        assert next_event(stream)[:2] == ("change", [["training-job", "x"]])


def test_components_trials_and_experiments_are_told_by_name(served: Served) -> None:
    records, browser = served.platform.records, signed_in(served)
    kinds = ["experiment-trial-component", "experiment-trial", "experiment"]
    with browser.changes(served.platform.changes.position) as stream:
        next_event(stream)

        for kind in kinds:
            records.insert(kind, "x", {})
        told = next_event(stream)[1]
        while len(told) < 3:
            told += next_event(stream)[1]

    assert [kind for kind, _ in told] == kinds


def test_artifacts_and_associations_are_told_as_one_change_of_the_lineage(served: Served) -> None:
    platform, browser = served.platform, signed_in(served)
    lineage = ["lineage", ""]
    with browser.changes(platform.changes.position) as stream:
        next_event(stream)

        platform.records.insert("artifact", "x", {})
        assert next_event(stream)[1] == [lineage]
        platform.links.add(LinkKind.ASSOCIATION, "a", "b")
        assert next_event(stream)[1] == [lineage]
        # What exists, and what is of another kind, is no change.
        platform.links.add(LinkKind.ASSOCIATION, "a", "b")
        platform.links.add(LinkKind.TRIAL, "a", "b")
        platform.links.remove(LinkKind.ASSOCIATION, "a", "c")
        platform.records.insert("training-job", "x", JOB)
        assert next_event(stream)[1] == [["training-job", "x"]]
        platform.links.remove_all(LinkKind.ASSOCIATION, "b")
        assert next_event(stream)[1] == [lineage]


def test_the_lineage_is_kept_once_until_a_page_reads_it(served: Served) -> None:
    platform = served.platform
    start = platform.changes.position
    for number in range(2 * KEPT):
        platform.changes._link_changed(LinkKind.ASSOCIATION)
        if number == KEPT:
            platform.records.insert("training-job", "x", JOB)

    names, then = platform.changes.since(start)
    assert names == [LINEAGE, ("training-job", "x")]
    platform.changes._link_changed(LinkKind.ASSOCIATION)
    assert platform.changes.since(then)[0] == [LINEAGE]


def test_what_changed_during_a_break_is_told_after_it(served: Served) -> None:
    records, browser = served.platform.records, signed_in(served)
    with browser.changes(served.platform.changes.position) as stream:
        position = next_event(stream)[2]
    records.insert("training-job", "x", JOB)
    records.update("training-job", "x", {})

    with browser.changes(position) as stream:
        assert next_event(stream)[:2] == ("change", [["training-job", "x"]])


def test_after_a_restart_everything_is_to_be_read_anew(served: Served) -> None:
    with signed_in(served).changes("0123456789abcdef.7") as stream:
        assert next_event(stream)[0] == "reset"


def test_a_page_that_was_away_for_long_reads_anew_too(served: Served) -> None:
    changes = Changes(served.platform.records, served.platform.links)
    first = changes.position
    for number in range(KEPT + 1):
        changes._record_changed("training-job", str(number))

    assert changes.since(first)[0] is None
    boot = first.partition(".")[0]
    assert len(changes.since(f"{boot}.1")[0] or ()) == KEPT
    assert changes.since(f"{boot}.{KEPT + 2}")[0] is None


def test_a_page_is_told_only_of_what_its_caller_may_see(served: Served) -> None:
    arn = "arn:aws:sagemaker:*:*:training-job/mine*"
    add_user(served, "ada", {"Effect": "Allow", "Action": "sagemaker:DescribeTrainingJob", "Resource": arn})
    ada = Browser(served)
    ada.sign_in(UserName="ada", Password=PASSWORD)
    with ada.changes(served.platform.changes.position) as stream:
        next_event(stream)

        served.platform.records.insert("training-job", "hers", JOB)
        served.platform.records.insert("training-job", "mine-1", JOB)

        assert next_event(stream)[1] == [["training-job", "mine-1"]]


def test_a_stream_ends_with_its_session(served: Served) -> None:
    browser = signed_in(served)
    with browser.changes(served.platform.changes.position) as stream:
        next_event(stream)

        (session,) = served.platform.records.names(SESSION)
        served.platform.records.delete(SESSION, session)

        assert next_event(stream)[0] == "end"
        assert stream.read() == b""


def test_a_stream_of_a_page_that_has_gone_is_given_up(served: Served, monkeypatch: object) -> None:
    changes, browser = served.platform.changes, signed_in(served)
    with browser.changes(changes.position) as stream:
        next_event(stream)
        assert changes.streams == 1

    for _ in range(1000):
        if changes.streams == 0:
            break
        assert served.is_well()
    assert changes.streams == 0


@pytest.mark.parametrize("passes", range(8))
def test_a_page_that_goes_while_something_changes_leaves_no_stream(served: Served, passes: int) -> None:
    """passes: of the event loop, between the end of the connection and the change."""
    changes, browser = served.platform.changes, signed_in(served)
    held, gone = threading.Event(), threading.Event()

    def hold_the_loop() -> None:
        held.set()
        gone.wait(90)
        wake_after(passes)

    def wake_after(more: int) -> None:
        if more:
            asyncio.get_running_loop().call_soon(wake_after, more - 1)
        else:
            changes._wake()

    with browser.changes(changes.position) as stream:
        next_event(stream)
        assert changes._loop is not None
        changes._loop.call_soon_threadsafe(hold_the_loop)
        assert held.wait(90)
    gone.set()

    for _ in range(200):
        if changes.streams == 0:
            break
        assert served.is_well()
    assert changes.streams == 0


def test_there_is_a_bound_on_streams(served: Served) -> None:
    from clary.server.studio import change_stream

    browser, most = signed_in(served), change_stream.MOST_STREAMS
    change_stream.MOST_STREAMS = 1
    try:
        with browser.changes() as stream:
            next_event(stream)
            assert browser.post("changes")[0] == 429
    finally:
        change_stream.MOST_STREAMS = most
    assert module.KEPT == KEPT
