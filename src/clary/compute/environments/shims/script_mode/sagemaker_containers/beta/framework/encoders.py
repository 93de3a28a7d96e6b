"""Arrays to and from JSON, CSV and NumPy's own format."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from . import content_types


def encode(array_like: Any, content_type: str) -> Any:
    """An array, or what can become one, as text (JSON, CSV) or bytes (npy); raises ValueError otherwise."""
    if content_type == content_types.JSON:
        return json.dumps(np.asarray(array_like).tolist() if hasattr(array_like, "tolist") else array_like)
    if content_type == content_types.CSV:
        stream = io.StringIO()
        np.savetxt(stream, np.atleast_1d(np.asarray(array_like)), delimiter=",", fmt="%s")
        return stream.getvalue()
    if content_type == content_types.NPY:
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(array_like))
        return buffer.getvalue()
    raise ValueError(f"cannot encode {content_type}; {_KNOWN}")


def decode(obj: Any, content_type: str) -> Any:
    """The array in a text or in bytes; raises ValueError for other types."""
    if content_type == content_types.NPY:
        return np.load(io.BytesIO(obj), allow_pickle=False)
    text = obj.decode("utf-8") if isinstance(obj, bytes) else obj
    if content_type == content_types.JSON:
        return np.array(json.loads(text))
    if content_type == content_types.CSV:
        return np.genfromtxt(io.StringIO(text), dtype=np.float32, delimiter=",")
    raise ValueError(f"cannot decode {content_type}; {_KNOWN}")


_KNOWN = f"{content_types.JSON}, {content_types.CSV} and {content_types.NPY} are known"
