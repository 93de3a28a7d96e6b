from __future__ import annotations

import pytest

from clary.domain.content import MOST_OBJECTS, NOTHING, TOO_MANY, content_of

OBJECTS = [("data/a.csv", '"11"'), ("data/b.csv", '"22"')]


def test_the_same_objects_have_the_same_text_wherever_they_lie() -> None:
    moved = [(key.replace("data/", "copy/"), etag) for key, etag in OBJECTS]

    assert content_of("data/", OBJECTS) == content_of("copy/", moved)
    assert content_of("data/", OBJECTS).endswith(", 2 objects")


@pytest.mark.parametrize(
    "others",
    [
        OBJECTS[:1],
        [*OBJECTS, ("data/c.csv", '"33"')],
        [OBJECTS[0], ("data/b.csv", '"23"')],
        [OBJECTS[0], ("data/c.csv", '"22"')],
    ],
)
def test_whatever_changed_gives_another_text(others: list[tuple[str, str]]) -> None:
    assert content_of("data/", others) != content_of("data/", OBJECTS)


def test_one_object_is_told_by_its_etag() -> None:
    assert content_of("data/a.csv", OBJECTS[:1]) == "etag 11, 1 object"


def test_nothing_and_too_much_are_said() -> None:
    assert content_of("x", []) == NOTHING
    assert content_of("x", ((f"x{n:06}", "1") for n in range(MOST_OBJECTS + 1))) == TOO_MANY
