"""One model, by name, on a table whose last column is the target."""

import argparse
import os

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("-C", type=float)  # SageMaker gives a name of one letter one dash
parser.add_argument("--n_neighbors", type=int)
parser.add_argument("--n_estimators", type=int)
parser.add_argument("--max_depth", type=int)
given = vars(parser.parse_args())
model = given.pop("model")
parameters = {name: value for name, value in given.items() if value is not None}


def xgboost(**parameters):
    from xgboost import XGBClassifier

    return XGBClassifier(**parameters)


KINDS = {
    "naive-bayes": GaussianNB,
    "logistic-regression": LogisticRegression,
    "xgboost": xgboost,
    "k-nearest-neighbours": KNeighborsClassifier,
    "support-vector-machine": SVC,
}

folder = os.environ["SM_CHANNEL_DATA"]
train, test = (pd.read_csv(os.path.join(folder, f"{part}.csv")) for part in ("train", "test"))
classifier = KINDS[model](**parameters)
classifier.fit(train.drop(columns="target"), train["target"])
predicted = classifier.predict(test.drop(columns="target"))
print(f"test accuracy {accuracy_score(test['target'], predicted):.4f}")
print(f"test f1 {f1_score(test['target'], predicted):.4f}")
joblib.dump(classifier, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
