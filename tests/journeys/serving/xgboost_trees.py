"""inference.py of the trees that ``training/xgboost_script.py`` saves; the rest are defaults."""

import os

import xgboost


def model_fn(model_dir):
    booster = xgboost.Booster()
    booster.load_model(os.path.join(model_dir, "model.json"))
    return booster
