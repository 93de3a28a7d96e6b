"""Boosts trees on scikit-learn's digits."""

import argparse
import os

import xgboost
from sklearn.datasets import load_digits

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int)
wishes = parser.parse_args()

images, labels = load_digits(return_X_y=True)
train = xgboost.DMatrix(images[:1400], labels[:1400])
test = xgboost.DMatrix(images[1400:], labels[1400:])
booster = xgboost.train({"objective": "multi:softmax", "num_class": 10}, train, wishes.rounds)
print(f"test error {(booster.predict(test) != labels[1400:]).mean():.4f}")
booster.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "model.json"))
