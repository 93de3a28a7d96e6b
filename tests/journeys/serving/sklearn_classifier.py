"""inference.py of the classifier that ``training/sklearn_digits.py`` saves; the rest are defaults."""

import os

import joblib


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
