"""Fits a logistic regression on ``digits.npz``."""

import argparse
import os

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--max-iter", type=int)
wishes = parser.parse_args()

data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.npz"))
order = np.random.RandomState(0).permutation(len(data["labels"]))[:2000]
images, labels = data["images"][order].reshape(len(order), -1) / 255.0, data["labels"][order]
model = LogisticRegression(max_iter=wishes.max_iter).fit(images[:1600], labels[:1600])
print(f"accuracy={model.score(images[1600:], labels[1600:]):.4f}")
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
