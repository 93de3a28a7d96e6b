"""Fits a scaler, or trees on what it has scaled: the two parts of an inference pipeline."""

import argparse
import os

from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--part")
wishes = parser.parse_args()

images, labels = load_digits(return_X_y=True)
scaler = StandardScaler().fit(images[:1400])
folder = os.environ["SM_MODEL_DIR"]
if wishes.part == "scaler":
    import joblib

    joblib.dump(scaler, os.path.join(folder, "scaler.joblib"))
else:
    import xgboost

    train = xgboost.DMatrix(scaler.transform(images[:1400]), labels[:1400])
    booster = xgboost.train({"objective": "multi:softmax", "num_class": 10}, train, 8)
    booster.save_model(os.path.join(folder, "model.json"))
