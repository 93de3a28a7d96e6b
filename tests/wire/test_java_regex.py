"""The model's patterns, which Java reads."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress

import pytest

from clary.wire.java_regex import begin_request, compile_java, matches
from clary.wire.models import SERVICES, service_model

PATTERNS = sorted(
    {
        pattern
        for model in map(service_model, SERVICES)
        for name in model.shape_names
        if (pattern := model.shape_for(name).metadata.get("pattern")) is not None
    }
)


def test_every_pattern_of_the_models_compiles() -> None:
    for pattern in PATTERNS:
        assert compile_java(pattern), pattern


def test_there_are_hundreds_of_patterns() -> None:
    assert len(PATTERNS) > 300


HOSTILE = ("a" * 200 + "!", "-" * 200 + "\n", "a-" * 100 + "é", "0." * 100 + "x")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_pattern_is_slow_on_a_hostile_text(text: str) -> None:
    for pattern in PATTERNS:
        begin_request()
        with suppress(TimeoutError):
            matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("[a-z]+", "abc", True),
        ("[a-z]+", "abc1", False),
        ("[a-z]+", "abc\n", False),
        ("^[a-z]+$", "abc\n", False),
        (r"\d+", "١٢", False),
        (r"\w+", "é", False),
        (r"[\w]+", "é", False),
        (r"[\W]+", "é", True),
        (r"[\S\s]*", "a\xa0\u2028\n😀", True),
        (r"\S+", "\xa0", True),
        (".*", "a\nb", False),
        (".*", "a\u2028b", False),
        ("[.]", "a", False),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "é 世 ٣", True),
        (r"\p{ASCII}*", "é", False),
        (r"\A\S[\p{Print}]*\z", "a b", True),
        (r"\A\S[\p{Print}]*\z", "a é", False),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a😀\t", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\x07", False),
        ("[a[]+", "a[", True),
    ],
)
def test_a_pattern_means_what_java_means(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_a_match_that_would_take_for_ever_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        matches("[a-z0-9]([-a-z0-9]*[a-z0-9]){0,39}?", "a" * 200 + "!")


def test_all_matches_of_one_request_have_their_time_together() -> None:
    """Each of these takes some milliseconds, and a request may hold many."""
    pattern = r"[a-z0-9]([-a-z0-9]*[a-z0-9]){0,39}?"

    begin_request()
    with pytest.raises(TimeoutError):
        any(matches(pattern, f"{'a' * 13}{number:03}!") for number in range(1_000))
    begin_request()
    assert matches(pattern, "a" * 16)


def test_the_work_of_other_threads_refuses_no_text() -> None:
    """``regex`` counts their CPU time too. A match has a millisecond once its request has used its time."""
    done = threading.Event()

    def work() -> None:
        content = b"x" * 1_000_000
        while not done.is_set():
            # The interpreter lock is free meanwhile.
            hashlib.sha256(content).digest()

    pattern = r"[a-z0-9]([-a-z0-9]*[a-z0-9]){0,39}?"
    others = [threading.Thread(target=work) for _ in range(4)]
    begin_request()
    with pytest.raises(TimeoutError):
        matches(pattern, "a" * 200 + "?")
    for other in others:
        other.start()
    refused = 0
    try:
        # Each of these takes a twentieth of the millisecond.
        for number in range(2_000):
            try:
                assert not matches(pattern, f"{'a' * 6}{number:04}!")
            except TimeoutError:
                refused += 1
    finally:
        done.set()
        for other in others:
            other.join()
    # Some eighty, if the work of the others counted. A virtual machine that is held up counts it as its own.
    assert refused < 10


def test_a_verdict_that_is_kept_is_that_of_the_text_and_the_pattern() -> None:
    for _ in range(2):
        assert matches("[a-c]+", "abc")
        assert not matches("[a-c]+", "abd")
        assert matches("[a-d]+", "abd")
