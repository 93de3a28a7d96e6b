"""The model of ``iris_model.py`` behind uvicorn and nothing else: the least that serving it costs."""

from __future__ import annotations

import json
import os
from typing import Any

import joblib
import numpy as np

model = joblib.load(os.environ["MODEL"])


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
        answer = json.dumps(model.predict(np.array(json.loads(body))).tolist()).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
