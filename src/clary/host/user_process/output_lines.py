"""Splits the output of a process into lines, also lines that have not ended yet.

    bytes ─┬─ a whole line (\\n) ──────────────> log, and ``on_text``
           ├─ a state of a progress bar (\\r) ──> ``on_text``; the log gets the latest one every SHOW_EVERY_S
           └─ the beginning of a line ─────────> log, once nothing has followed it for QUIET_S

A line overwrites the states before it, as on a terminal: the log gets the last state of a bar and a few
before it. ``on_text`` gets every state, because the metrics need all of them.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_LINE_BYTES = 1 << 20
SHOW_EVERY_S = 0.25
QUIET_S = 0.25
KEPT_LINES = 1_000
KEPT_LINE_BYTES = 4_096
_NEVER = float("inf")


class OutputLines:
    """Splits output into lines, for one thread. All times are seconds of one clock."""

    def __init__(
        self,
        on_lines: Callable[[Sequence[bytes]], None],
        on_text: Callable[[Sequence[bytes]], None] | None = None,
        first_line: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """Both are called with lines without their ends, in order. on_lines: with the lines of the log.

        on_text: with each line and each state of a bar, once and whole. first_line: returns what the log
        shows of the first line.
        """
        self._on_lines = on_lines
        self._on_text = on_text
        self._first_line: Callable[[bytes], bytes] | None = first_line
        self._rest = b""
        """The output after the last end of a line or of a state."""
        self._logged = 0
        """How many bytes of the rest are in the log."""
        self._read = 0
        """How many bytes of the rest ``on_text`` was called with."""
        self._in_bar = False
        """Whether a state of a bar came before the rest."""
        self._state: bytes | None = None
        """The latest state, if it is not in the log."""
        self._state_at = -_NEVER
        """When a state was last written to the log."""
        self._fed_at = 0.0
        self._lines: list[bytes] = []
        self._texts: list[bytes] = []
        self._last: deque[bytes] = deque(maxlen=KEPT_LINES)

    def feed(self, data: bytes, now: float) -> None:
        if not data:
            return
        self._fed_at = now
        *ended, rest = (self._rest + data).split(b"\n")
        for line in ended:
            self._end_line(line)
        *states, self._rest = rest.split(b"\r")
        for state in states:
            self._end_state(state)
        if len(self._rest) > MAX_LINE_BYTES:
            self._end_line(self._rest)
            self._rest = b""
        self.flush(now)

    def flush(self, now: float) -> None:
        """Passes on the output that is due at ``now``, also of a line that has not ended."""
        if self._waits and now >= self._fed_at + QUIET_S:
            self._take_rest()
            self._state_at = now
        elif self._state is not None and now >= self._state_at + SHOW_EVERY_S:
            self._lines.append(self._state)
            self._state, self._state_at = None, now
        self._hand_on()

    def finish(self) -> None:
        """Passes on the rest, because the output has ended."""
        if self._rest or self._state is not None:
            self._end_line(self._rest)
            self._rest = b""
        self._hand_on()

    @property
    def due_at(self) -> float:
        """When to call ``flush``; infinite when nothing is pending."""
        quiet_at = self._fed_at + QUIET_S if self._waits else _NEVER
        return min(quiet_at, _NEVER if self._state is None else self._state_at + SHOW_EVERY_S)

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last non-empty lines of the log."""
        return tuple(line.decode("utf-8", "replace") for line in self._last)

    @property
    def _waits(self) -> bool:
        return _whole_characters(self._rest) > self._logged

    def _end_line(self, line: bytes) -> None:
        *states, line = line.removesuffix(b"\r").split(b"\r")
        for state in states:
            self._end_state(state)
        if line[self._read :] or not (self._in_bar or self._read):
            self._texts.append(line[self._read :])
        if line[self._logged :] or not (self._in_bar or self._logged):
            self._lines.append(line[self._logged :])
        elif self._state is not None:
            self._lines.append(self._state)
        self._state, self._in_bar = None, False
        self._logged = self._read = 0

    def _end_state(self, state: bytes) -> None:
        text = state[self._read :].strip(b"\b")
        # Programs erase a bar with blanks.
        if text.strip():
            self._texts.append(text)
        shown = state[self._logged :].strip(b"\b")
        if shown.strip():
            self._state = shown
        self._in_bar = True
        self._logged = self._read = 0

    def _take_rest(self) -> None:
        end = _whole_characters(self._rest)
        shown = (
            self._rest[self._logged : end].strip(b"\b") if self._in_bar else self._rest[self._logged : end]
        )
        if self._in_bar:
            # The state of a bar is passed to ``on_text`` now. The start of another line is passed with its
            # end.
            text = self._rest[self._read : end].strip(b"\b")
            if text.strip():
                self._texts.append(text)
            self._read = end
        if shown.strip() or not self._in_bar:
            self._lines.append(shown)
            self._state = None
        self._logged = end

    def _hand_on(self) -> None:
        lines, texts = self._lines, self._texts
        if lines:
            self._lines = []
            if self._first_line is not None:
                lines[0], self._first_line = self._first_line(lines[0]), None
            self._last.extend(line[:KEPT_LINE_BYTES] for line in lines if line.strip())
            self._on_lines(lines)
        if texts:
            self._texts = []
            if self._on_text is not None:
                self._on_text(texts)


def _whole_characters(text: bytes) -> int:
    """Returns the length of ``text`` without an incomplete character of UTF-8 at its end."""
    for back in range(1, min(4, len(text)) + 1):
        byte = text[-back]
        if byte & 0xC0 != 0x80:
            size = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return len(text) - back if size > back else len(text)
    return len(text)
