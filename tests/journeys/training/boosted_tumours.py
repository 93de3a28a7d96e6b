"""Boosts trees on scikit-learn's tumours, and tells what a report about that should say."""

import argparse
import json
import os

import numpy
import xgboost
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import confusion_matrix, roc_auc_score

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int)
wishes = parser.parse_args()

tumours, benign = load_breast_cancer(return_X_y=True)
train = xgboost.DMatrix(tumours[:400], benign[:400])
validation = xgboost.DMatrix(tumours[400:], benign[400:])
curves = {}
booster = xgboost.train(
    {"objective": "binary:logistic", "max_depth": 3, "eta": 0.2},
    train,
    wishes.rounds,
    evals=[(train, "train"), (validation, "validation")],
    evals_result=curves,
    verbose_eval=False,
)
booster.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "model.json"))

scores = booster.predict(validation)
weights = booster.get_score(importance_type="weight")
truth = {
    "validation": curves["validation"]["logloss"],
    "confusion": confusion_matrix(benign[400:], scores > 0.5).tolist(),
    "labels": numpy.bincount(benign[400:]).tolist(),
    "auc": float(roc_auc_score(benign[400:], scores)),
    "strongest": max(weights, key=weights.get),
    "first_tree": booster[0].get_score(importance_type="weight"),
    "depth": max(text.count("\t") for text in "".join(booster.get_dump()).split("\n")),
}
print("truth", json.dumps(truth))
