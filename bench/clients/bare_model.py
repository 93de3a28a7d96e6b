"""A model behind uvicorn and nothing else: the least that it costs. MODEL: the module that makes it."""

from __future__ import annotations

import importlib
import json
import os
from typing import Any

import numpy as np

served = importlib.import_module(os.environ["MODEL"])
model = served.made()


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = b""
    if scope["path"] == "/invocations":
        answer = json.dumps(served.predict(model, np.array(json.loads(body))).tolist()).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
