from __future__ import annotations

from clary.runner.watching import Watching

JOB, OTHER = ("training-job", "a"), ("training-job", "b")


def test_a_record_has_all_its_followers() -> None:
    watching: Watching[str] = Watching()

    watching.follow("tuner", [JOB, OTHER])
    watching.follow("rules", [JOB])

    assert watching.who_follows(JOB) == {"tuner", "rules"}
    assert watching.who_follows(OTHER) == {"tuner"}


def test_a_follower_follows_what_it_said_last() -> None:
    watching: Watching[str] = Watching()
    watching.follow("tuner", [JOB])

    watching.follow("tuner", [OTHER])

    assert (watching.who_follows(JOB), watching.who_follows(OTHER)) == (frozenset(), {"tuner"})


def test_who_has_ended_follows_nothing() -> None:
    watching: Watching[str] = Watching()
    watching.follow("tuner", [JOB, OTHER])

    watching.drop("tuner")
    watching.drop("tuner")

    assert not watching.who_follows(JOB) | watching.who_follows(OTHER)
