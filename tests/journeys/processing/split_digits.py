"""Digits, brightened and split in two: what a preprocessing step of a user does."""

import argparse
import json
from pathlib import Path

import numpy
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--test-share", type=float, required=True)
options = parser.parse_args()

root = Path("/opt/ml/processing")
data = numpy.load(root / "input" / "digits.npz")
images = numpy.minimum(data["images"].astype(numpy.uint16) * 2, 255).astype(numpy.uint8)
train, test, train_labels, test_labels = train_test_split(
    images, data["labels"], test_size=options.test_share, stratify=data["labels"], random_state=1
)
numpy.savez_compressed(root / "train" / "digits.npz", images=train, labels=train_labels)
numpy.savez_compressed(root / "test" / "digits.npz", images=test, labels=test_labels)
config = json.loads(Path("/opt/ml/config/processingjobconfig.json").read_text())
(Path("/opt/ml/output") / "message").write_text(f"{len(train)} digits from {config['ProcessingJobName']}")
print(f"split into {len(train)} and {len(test)}")
