"""What an inference script returns."""

from __future__ import annotations

from typing import Any


class Response:
    """A body with its status and content type."""

    def __init__(self, response: Any = None, accept: str = "", status: int = 200, mimetype: str = "") -> None:
        self.response = response
        self.status_code = status
        self.mimetype = mimetype or accept

    def get_data(self, as_text: bool = False) -> Any:
        body = self.response
        data = body.encode("utf-8") if isinstance(body, str) else bytes(body or b"")
        return data.decode("utf-8") if as_text else data
