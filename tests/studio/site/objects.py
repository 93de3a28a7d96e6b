"""Objects of every kind that Studio shows, and some that mean harm."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ATTACK = "<img src=x onerror='window.reached=1'><script>window.reached=1</script>"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>window.reached=1</script></svg>'
MANY = 1_200


def fill(s3: Any, bucket: str) -> None:
    """Puts one object of each kind into the bucket, and MANY into a folder of it."""
    contents: dict[str, bytes] = {
        "data/train.csv": b"name,score\n" + b"".join(b"row %d,0.%d\n" % (i, i) for i in range(5_000)),
        "data/events.jsonl": b"\n".join(b'{"step": %d, "loss": 0.5}' % i for i in range(50)),
        "data/config.json": json.dumps({"model": {"layers": [64, 32]}, "note": ATTACK}).encode(),
        "data/rows.parquet": _parquet("snappy"),
        "data/packed.parquet": _parquet("gzip"),
        "data/polars.parquet": _parquet("zstd"),
        "data/brotli.parquet": _parquet("brotli"),
        "data/broken.parquet": b"PAR1" + bytes(100) + b"PAR1",
        "data/broken.npy": b"no array at all",
        "data/array.npy": _npy(),
        "data/bundle.zip": _zip(),
        "data/study.ipynb": json.dumps(notebook()).encode(),
        "data/model.tar.gz": _tar(),
        "data/picture.png": png(),
        "data/picture.svg": SVG.encode(),
        "data/page.html": f"<h1>text</h1>{ATTACK}".encode(),
        "data/big.log": b"".join(b"line %06d of the log\n" % i for i in range(60_000)),
        "data/weights.bin": bytes(range(256)),
        "data/unknown": bytes(range(256)),
        "data/empty": b"",
        "odd/a//..b é.txt": b"odd",
        "mnist-1/debug-output/events/0.txt": b"tensors",
    }
    for key, content in contents.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content, Metadata={"owner": "ada"}, Tagging="stage=raw")
    packed = gzip.compress(b"packed text")
    s3.put_object(Bucket=bucket, Key="data/packed.txt", Body=packed, ContentEncoding="gzip")
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(
                lambda i: s3.put_object(Bucket=bucket, Key=f"many/file-{i:05}", Body=b""), range(MANY)
            )
        )


def notebook() -> dict[str, Any]:
    html = (
        f"<style>p{{color:red}}</style><p style='color:red' onclick='window.reached=1'>harmless</p>{ATTACK}"
    )
    outputs = [
        {"output_type": "execute_result", "data": {"text/html": html}},
        {"output_type": "display_data", "data": {"image/png": base64.b64encode(png()).decode()}},
        {"output_type": "display_data", "data": {"image/svg+xml": f"<svg xmlns='x'>{ATTACK}</svg>"}},
        {"output_type": "error", "traceback": ["\x1b[31mZeroDivisionError\x1b[0m: division by zero"]},
    ]
    return {
        "cells": [
            {"cell_type": "markdown", "source": f"# Heading\n\n{ATTACK} [x](javascript:window.reached=1)"},
            {"cell_type": "code", "execution_count": 1, "source": "1 / 0", "outputs": outputs},
        ]
    }


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 4, 3, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(12) for _ in range(3))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def _parquet(compression: str) -> bytes:
    table = pa.table(
        {
            "id": list(range(3_000)),
            "name": [f"person {i}" for i in range(3_000)],
            "vector": [[float(i), 0.5] for i in range(3_000)],
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression=compression)
    return out.getvalue()


def _npy() -> bytes:
    out = io.BytesIO()
    np.save(out, np.arange(12, dtype="float32").reshape(3, 4))
    return out.getvalue()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/table.csv", "x,y\nfirst,2\n")
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in (("model.bin", bytes(70_000)), ("code/inference.py", b"def predict(): ...\n")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()
