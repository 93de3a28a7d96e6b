"""Fits an estimator of a trial within its time: what it has learned by then is kept."""

from __future__ import annotations

import contextlib
import signal
import time
import warnings
from collections.abc import Iterator
from typing import Any

from .trouble import BadInput

ROUND_ITERATIONS = 50
"""Of a linear model, between two looks at the clock."""


class Deadline:
    """seconds: from now; 0: there is none."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        return self._until - time.monotonic()

    @property
    def is_over(self) -> bool:
        return bool(self.seconds) and self.left_s <= 0


def fit_in_rounds(model: Any, features: Any, target: Any, deadline: Deadline, **more: Any) -> None:
    """Fits a linear model of scikit-learn, which has no way to stop it: some iterations at a time."""
    whole: int = model.max_iter
    if not deadline.seconds:
        model.fit(features, target, **more)
        return
    model.set_params(warm_start=True, max_iter=min(whole, ROUND_ITERATIONS))
    done = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a round that has not converged is no news
        while True:
            model.fit(features, target, **more)
            spent = int(max(model.n_iter_) if hasattr(model.n_iter_, "__len__") else model.n_iter_)
            done += spent
            if spent < ROUND_ITERATIONS or done >= whole or deadline.is_over:
                return


@contextlib.contextmanager
def interrupted(deadline: Deadline) -> Iterator[None]:
    """Interrupts a network of scikit-learn at the end of its time, which then keeps what it has learned.

    Raises BadInput when it had not begun to learn. For the main thread.
    """
    if not deadline.seconds:
        yield
        return

    def over(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, max(0.1, deadline.left_s))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except KeyboardInterrupt:
        raise BadInput(f"Nothing was learned in {deadline.seconds:.0f} s. Allow more time.") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
