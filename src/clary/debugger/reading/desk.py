"""Answers one question after another: finds the trial, and lets the module of the question answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from clary.debugger.plot import NothingToDraw
from clary.debugger.trial import TrialError

from .door import Door, Refused
from .network import frame, picture
from .overview import members, names_of, overview
from .profile import profile
from .series import series
from .shelf import Shelf
from .values import BadSlice, values

if TYPE_CHECKING:
    from collections.abc import Callable

    from .channel import Channel

Document = dict[str, Any]

ENOUGH_S = 3.0
"""After so long, a question that can be answered in parts is."""

BAD, MISSING, BROKEN, TOO_LARGE, REFUSED = "Bad", "Missing", "Broken", "TooLarge", "Refused"
"""Kinds of errors."""


class Answer(NamedTuple):
    document: Document
    content: bytes = b""


class Desk:
    """Serves one channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._door = Door(channel)
        self._shelf = Shelf(self._door)
        self._questions: dict[str, Callable[[Document], Answer]] = {
            "Overview": self._overview,
            "Names": self._names,
            "Series": self._series,
            "Values": self._values,
            "Picture": self._picture,
            "Frame": self._frame,
            "Profile": self._profile,
        }

    def serve(self, before: Callable[[], None], *, idle_s: float | None = None) -> None:
        """Answers until the server hangs up. before: called before each answer.

        Returns after a question that took all memory: this process then has to end. Raises EOFError, and
        TimeoutError when nothing was asked for so long.
        """
        while True:
            asked = self._channel.receive(idle_s).document
            before()
            try:
                answer = self._questions[asked["Ask"]](asked["Request"])
                self._channel.send({"Answer": answer.document}, answer.content)
            except MemoryError:
                # Whatever was half built is in the way of the next answer.
                self._channel.send({"Error": TOO_LARGE, "Message": ""})
                return
            except Refused:
                self._shelf = Shelf(self._door)
                self._channel.send({"Error": REFUSED, "Message": ""})
            except BadSlice as error:
                self._channel.send({"Error": BAD, "Message": str(error)})
            except (NothingToDraw, TrialError) as error:
                self._channel.send({"Error": MISSING, "Message": str(error)[:1_000]})
            except EOFError:
                raise
            except Exception as error:
                # A file that no reader has thought of: what was read of this trial is not used again.
                self._shelf = Shelf(self._door)
                self._channel.send({"Error": BROKEN, "Message": f"{type(error).__name__}: {error}"[:1_000]})

    def _overview(self, request: Document) -> Answer:
        return Answer(overview(self._door, self._shelf.trial(request["Key"])))

    def _names(self, request: Document) -> Answer:
        found = self._shelf.trial(request["Key"])
        names = names_of(found)
        if request["Collection"]:
            names = members(found.trial, request["Collection"], names)
        words = request["Search"].lower().split()
        if words:
            names = [name for name in names if all(word in name.lower() for word in words)]
        start, count = request["Start"], request["Count"]
        return Answer({"Names": names[start : start + count], "Count": len(names)})

    def _series(self, request: Document) -> Answer:
        return Answer(
            series(
                self._shelf.trial(request["Key"]),
                request["Tensor"],
                mode=request["Mode"],
                worker=request["Worker"],
                until=time.monotonic() + ENOUGH_S,
            )
        )

    def _values(self, request: Document) -> Answer:
        step = self._shelf.trial(request["Key"]).trial.step(request["Step"])
        name, worker = request["Tensor"], request["Worker"]
        its_worker = worker or next((each for each, saved in step.by_worker.items() if name in saved), None)
        saved = step.tensors(its_worker)[name]
        found = values(
            saved,
            index=request["Index"],
            rows=request["Rows"],
            columns=request["Columns"],
            most=request["Most"],
            reduce=request["Reduce"],
        )
        return Answer(
            {"Tensor": name, "Step": step.step, "Mode": step.mode.name, "Worker": saved.worker, **found}
        )

    def _picture(self, request: Document) -> Answer:
        return Answer(picture(self._shelf.trial(request["Key"]), **_of_picture(request)))

    def _frame(self, request: Document) -> Answer:
        found = self._shelf.trial(request["Key"])
        return Answer(
            {}, frame(found, step=request["Step"], sample=request["Sample"], **_of_picture(request))
        )

    def _profile(self, request: Document) -> Answer:
        return Answer(profile(self._door, self._shelf, request["Key"]))


def _of_picture(request: Document) -> dict[str, Any]:
    return {
        "job": request["Job"],
        "contains": request["Contains"],
        "mode": request["Mode"],
        "worker": request["Worker"],
        "basis": request["Basis"],
    }
