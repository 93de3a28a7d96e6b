from __future__ import annotations

from clary.host.clock import EvenClock


def test_setting_the_time_of_day_does_not_change_what_is_measured() -> None:
    wall, even = [1_000_000.0], [50.0]
    clock = EvenClock(lambda: wall[0], lambda: even[0])
    begun = clock.now()

    wall[0] -= 86_400.0
    even[0] += 7.5

    assert begun == 1_000_000.0
    assert clock.now() - begun == 7.5
