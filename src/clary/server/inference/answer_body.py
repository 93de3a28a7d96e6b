"""The body of a response that is passed on as it comes from a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from .model_connection import ModelHead


class CutOff(Exception):
    """A body ends early. The client must see that it is not whole: its connection is closed."""


class PassedAnswer(Protocol):
    """What a body belongs to: the answer of a model, or of the registry of images."""

    @property
    def head(self) -> ModelHead: ...
    def close(self) -> None: ...


class AnswerBody:
    """Pieces of bytes. ``aclose`` has to be called: it ends the answer, even before its first piece."""

    def __init__(self, answer: PassedAnswer, pieces: AsyncGenerator[bytes, None]) -> None:
        self._answer = answer
        self._pieces = pieces

    @property
    def length(self) -> int | None:
        """The size of the model's own body, where it said so."""
        return self._answer.head.length

    def __aiter__(self) -> AsyncGenerator[bytes, None]:
        return self._pieces

    async def aclose(self) -> None:
        # A generator that has not begun would not run its own end.
        await self._pieces.aclose()
        self._answer.close()
