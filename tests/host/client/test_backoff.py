from __future__ import annotations

from clary.host.client.backoff import Backoff


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_lost_server_is_looked_for_often_and_less_often_after_a_minute() -> None:
    clock = Clock()
    backoff = Backoff(clock=clock)

    first = [backoff.after_loss() for _ in range(6)]
    clock.now = 61.0
    later = [backoff.after_loss() for _ in range(4)]

    assert first == [0.05, 0.1, 0.2, 0.4, 0.5, 0.5]
    assert later == [0.5, 1.0, 2.0, 2.0]


def test_a_server_that_is_asked_too_often_gets_longer_pauses_at_random() -> None:
    calm, eager = Backoff(chance=lambda: 1.0), Backoff(chance=lambda: 0.0)

    assert [round(calm.after_throttling(), 2) for _ in range(9)] == [
        0.2,
        0.4,
        0.8,
        1.6,
        3.2,
        6.4,
        12.8,
        20,
        20,
    ]
    assert [round(eager.after_throttling(), 2) for _ in range(3)] == [0.1, 0.2, 0.4]


def test_what_the_server_asks_for_is_obeyed_within_bounds() -> None:
    backoff = Backoff(chance=lambda: 0.0)

    assert backoff.after_throttling("7") == 7.0
    assert backoff.after_throttling("86400") == 60.0
    assert backoff.after_throttling("Fri, 31 Dec 1999 23:59:59 GMT") == 0.4
