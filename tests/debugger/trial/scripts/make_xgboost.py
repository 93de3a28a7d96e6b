"""Boosting with a hook of the real smdebug: numbers of every type that the library has, and strings."""

import json
import sys

import numpy as np
import xgboost
from smdebug.xgboost import Hook, SaveConfig

arguments = json.loads(sys.argv[1])
random = np.random.RandomState(0)
features = random.normal(size=(80, 4))
data = xgboost.DMatrix(features, (features[:, 0] > 0).astype(int))
parameters = {"max_depth": 2, "objective": "binary:logistic"}
hook = Hook(
    out_dir=arguments["root"],
    save_config=SaveConfig(save_interval=2),
    include_collections=[
        "metrics",
        "predictions",
        "labels",
        "feature_importance",
        "trees",
        "hyperparameters",
    ],
    hyperparameters=parameters,
    train_data=data,
    validation_data=data,
)
xgboost.train(parameters, data, num_boost_round=5, evals=[(data, "train")], callbacks=[hook])
print("{}")
