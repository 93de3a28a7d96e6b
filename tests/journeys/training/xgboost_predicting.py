"""Loads what the built-in algorithm made, as AWS's container would, and predicts its validation file."""

import json
import os
import tarfile

import numpy as np
import xgboost
from sklearn.datasets import load_svmlight_file

with tarfile.open("/opt/ml/input/data/model/model.tar.gz") as archive:
    archive.extractall("/tmp/model")
booster = xgboost.Booster(model_file="/tmp/model/xgboost-model")
folder = "/opt/ml/input/data/validation"
path = os.path.join(folder, os.listdir(folder)[0])
if path.endswith(".csv"):
    rows = np.loadtxt(path, delimiter=",")
    labels, images = rows[:, 0], rows[:, 1:]
else:
    images, labels = load_svmlight_file(path, n_features=64, zero_based=True)
error = (booster.predict(xgboost.DMatrix(images)) != labels).mean()
print("RESULT " + json.dumps({"error": float(error)}))
