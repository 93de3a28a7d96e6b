"""Logs with the real SDKs what a page draws: a table, a confusion matrix, curves, a picture, metrics."""

import logging
import struct
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy
import pandas
import sagemaker
from answer import answer, arguments
from sagemaker.experiments import Run
from smexperiments.tracker import Tracker

warnings.simplefilter("ignore")
logging.getLogger("sagemaker").setLevel(logging.ERROR)
given = arguments()
session = sagemaker.Session()
folder = Path(tempfile.mkdtemp())


def png(width, height):
    """A blue rectangle."""
    rows = b"".join(b"\0" + b"\x0b\x6b\xcb" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


(folder / "curve.png").write_bytes(png(64, 32))
(folder / "notes.txt").write_text("what we saw: <script>window.ran = true</script>")
numbers = numpy.random.default_rng(0)
true = numbers.integers(0, 4, 400)
predicted = numpy.where(numbers.random(400) < 0.8, true, numbers.integers(0, 4, 400))
binary = numbers.integers(0, 2, 300)
scores = binary * 0.4 + numbers.random(300) * 0.8

with Run(
    experiment_name=given["name"], run_name="pages", run_display_name="Everything", sagemaker_session=session
) as run:
    run.log_parameters({"optimizer": "adam", "rate": 0.25})
    for step in range(50):
        run.log_metric("loss", 1.0 / (step + 1), step=step)
    run.log_file(str(folder / "curve.png"))
    run.log_file(str(folder / "notes.txt"))
    run.log_confusion_matrix(true, predicted, title="digits")
    run.log_roc_curve(binary, scores, title="roc")
    run.log_precision_recall(binary, scores, title="precision", positive_label=1, no_skill=0)

rows = pandas.DataFrame(
    {
        "row": range(1000),
        "score": [float("nan") if row % 7 == 0 else row / 1000 for row in range(1000)],
        "text": [f"<img src=x onerror='window.ran = true'> {row}" for row in range(1000)],
    }
)
with Tracker.create(display_name="Table", sagemaker_boto_client=session.sagemaker_client) as tracker:
    tracker.log_parameters({"kind": "table"})
    tracker.log_table("rows", data_frame=rows)

answer(
    run=f"{given['name']}-pages",
    tracked=tracker.trial_component.trial_component_name,
    right=int((true == predicted).sum()),
    count=len(true),
)
