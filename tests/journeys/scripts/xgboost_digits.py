"""XGBoost on scikit-learn's digits: its built-in algorithm on CSV and on libsvm, and script mode."""

import tempfile
from pathlib import Path

import numpy
import sagemaker
from answer import answer, artifacts, code, described, listening
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.xgboost.estimator import XGBoost
from sklearn.datasets import dump_svmlight_file, load_digits

session = sagemaker.Session()
images, labels = load_digits(return_X_y=True)
SHARES = {"train": slice(0, 1400), "validation": slice(1400, None)}


def channel(kind, name):
    path = Path(tempfile.mkdtemp()) / f"{name}.{kind}"
    rows = SHARES[name]
    if kind == "csv":
        table = numpy.column_stack([labels[rows], images[rows]])
        numpy.savetxt(path, table, fmt="%g", delimiter=",")
    else:
        dump_svmlight_file(images[rows], labels[rows], str(path))
    where = session.upload_data(str(path), key_prefix=f"xgboost-{kind}/{name}")
    return TrainingInput(where, content_type="text/csv" if kind == "csv" else "libsvm")


def built_in(kind):
    """A generic Estimator with the algorithm's image, and no script."""
    estimator = Estimator(
        image_uri=sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"),
        role=sagemaker.get_execution_role(),
        instance_count=1,
        instance_type="ml.m5.large",
        sagemaker_session=session,
    )
    estimator.set_hyperparameters(
        objective="multi:softmax", num_class=10, num_round=10, max_depth=4, eval_metric="merror"
    )
    estimator.fit({name: channel(kind, name) for name in SHARES}, wait=False)
    return estimator


def seen(estimator):
    return {"files": artifacts(session, estimator.model_data), **described(estimator)}


built = {kind: built_in(kind) for kind in ("csv", "libsvm")}
script = XGBoost(
    entry_point="xgboost_script.py",
    source_dir=code("xgboost_script.py"),
    role=sagemaker.get_execution_role(),
    instance_count=1,
    instance_type="ml.m5.large",
    framework_version="1.7-1",
    py_version="py3",
    hyperparameters={"rounds": 8},
    metric_definitions=[{"Name": "test:error", "Regex": "test error ([0-9.]+)"}],
)
script.fit(wait=True, logs="All")
found = {"script": seen(script)}
for kind, estimator in built.items():
    with listening() as heard:
        estimator.latest_training_job.wait(logs="All")
    found[kind] = {"heard": heard.getvalue(), **seen(estimator)}
answer(**found)
