"""Trains a few rounds. Arguments: classifier, classes, linear, twice, cv, own (creates a hook of smdebug)."""

import sys

import numpy as np
import xgboost as xgb

asked = set(sys.argv[1:])
random = np.random.RandomState(0)
X = random.randn(200, 4)
y = (X[:, 0] + X[:, 1] > 0).astype(int)
train, validation = xgb.DMatrix(X[:150], y[:150]), xgb.DMatrix(X[150:], y[150:])
parameters = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.3, "eval_metric": ["logloss", "auc"]}
if "linear" in asked:
    parameters = {"objective": "binary:logistic", "booster": "gblinear", "eval_metric": "logloss"}
callbacks = []
# HOOK
if "own" in asked:
    from smdebug.xgboost import Hook

    hook = Hook.create_from_json_file()
    callbacks.append(hook)
if "classifier" in asked:
    model = xgb.XGBClassifier(n_estimators=6, max_depth=3)
    model.fit(X[:150], y[:150], eval_set=[(X[150:], y[150:])], verbose=False)
elif "cv" in asked:
    xgb.cv(parameters, train, 6, nfold=3, seed=0)
elif "classes" in asked:
    xgb.XGBClassifier(n_estimators=6, max_depth=3).fit(X, y + (X[:, 2] > 0))
else:
    for _ in range(2 if "twice" in asked else 1):
        xgb.train(
            parameters,
            train,
            6,
            evals=[(train, "train"), (validation, "validation")],
            callbacks=callbacks,
            verbose_eval=False,
        )
# END
