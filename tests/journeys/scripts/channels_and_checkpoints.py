"""File, FastFile and sharded channels on two hosts; a second job goes on from the first job's checkpoints."""

import json
import tempfile
from pathlib import Path

import sagemaker
from answer import answer, code, listening
from sagemaker.inputs import TrainingInput
from sagemaker.pytorch import PyTorch

session = sagemaker.Session()
folder = Path(tempfile.mkdtemp())
for number in range(4):
    (folder / f"part-{number}").write_text(str(number))
data = session.upload_data(str(folder), key_prefix="channels-and-checkpoints")
inputs = {
    "whole": TrainingInput(data),
    "fast": TrainingInput(data, input_mode="FastFile"),
    "sharded": TrainingInput(data, distribution="ShardedByS3Key"),
}


def run() -> list:
    estimator = PyTorch(
        entry_point="channels_and_checkpoints.py",
        source_dir=code("channels_and_checkpoints.py"),
        role=sagemaker.get_execution_role(),
        instance_type="ml.m5.large",
        instance_count=2,
        framework_version="2.6",
        py_version="py312",
        checkpoint_s3_uri=f"s3://{session.default_bucket()}/kept-checkpoints",
    )
    with listening() as heard:
        estimator.fit(inputs, wait=True, logs="All")
    said = [line.partition("FOUND ")[2] for line in heard.getvalue().splitlines() if "FOUND " in line]
    # The SDK colours the lines of each host.
    found = [json.loads(text[: text.rindex("}") + 1]) for text in said]
    return sorted(found, key=lambda host: host["host"])


answer(first=run(), second=run())
