"""Fits a classifier of digits, epoch by epoch, and says its accuracy after each."""

import argparse
import os

import joblib
import numpy as np
from sklearn.linear_model import SGDClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float)
parser.add_argument("--rate", type=float)
parser.add_argument("--penalty")
parser.add_argument("--epochs", type=int)
wishes = parser.parse_args()

data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.npz"))
order = np.random.RandomState(0).permutation(len(data["labels"]))[:1200]
images, labels = data["images"][order].reshape(len(order), -1) / 255.0, data["labels"][order]
model = SGDClassifier(
    alpha=wishes.alpha,
    penalty=wishes.penalty,
    learning_rate="constant",
    eta0=wishes.rate,
    random_state=0,
)
for _ in range(wishes.epochs):
    model.partial_fit(images[:900], labels[:900], classes=np.arange(10))
    print(f"accuracy={model.score(images[900:], labels[900:]):.4f}", flush=True)
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
