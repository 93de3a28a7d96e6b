"""Boosts trees on scikit-learn's patients with diabetes."""

import argparse
import os

import xgboost
from sklearn.datasets import load_diabetes

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int)
wishes = parser.parse_args()

patients, progress = load_diabetes(return_X_y=True)
train = xgboost.DMatrix(patients[:350], progress[:350])
validation = xgboost.DMatrix(patients[350:], progress[350:])
booster = xgboost.train(
    {"objective": "reg:squarederror", "max_depth": 3},
    train,
    wishes.rounds,
    evals=[(train, "train"), (validation, "validation")],
)
booster.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "model.json"))
