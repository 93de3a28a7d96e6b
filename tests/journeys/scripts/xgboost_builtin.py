"""XGBoost's built-in algorithm, on CSV or libsvm: a generic Estimator and no script."""

import tempfile
from pathlib import Path

import numpy
import sagemaker
from answer import answer, arguments, artifacts, described, listening
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sklearn.datasets import dump_svmlight_file, load_digits

kind = arguments()["kind"]
session = sagemaker.Session()
images, labels = load_digits(return_X_y=True)
folder = Path(tempfile.mkdtemp())
shares = {"train": slice(0, 1400), "validation": slice(1400, None)}
inputs = {}
for name, rows in shares.items():
    path = folder / f"{name}.{kind}"
    if kind == "csv":
        table = numpy.column_stack([labels[rows], images[rows]])
        numpy.savetxt(path, table, fmt="%g", delimiter=",")
    else:
        dump_svmlight_file(images[rows], labels[rows], str(path))
    where = session.upload_data(str(path), key_prefix=f"xgboost-{kind}/{name}")
    inputs[name] = TrainingInput(where, content_type="text/csv" if kind == "csv" else "libsvm")
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
with listening() as heard:
    estimator.fit(inputs, wait=True, logs="All")
answer(
    heard=heard.getvalue(),
    validation=inputs["validation"].config["DataSource"]["S3DataSource"]["S3Uri"],
    files=artifacts(session, estimator.model_data),
    **described(estimator),
)
