"""Makes smdebug's own hook, as scripts for AWS's XGBoost images do."""

import numpy as np
import xgboost as xgb
from smdebug.xgboost import Hook

X = np.random.RandomState(0).rand(100, 3)
train = xgb.DMatrix(X, (X[:, 0] > 0.5).astype(int))
hook = Hook.create_from_json_file()
hook.train_data = train
xgb.train({"objective": "binary:logistic"}, train, 6, evals=[(train, "train")], callbacks=[hook])
