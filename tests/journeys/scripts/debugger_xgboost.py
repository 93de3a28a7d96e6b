"""Everything there is of two boosted trainings: a script's, and the built-in algorithm's."""

import tempfile
from pathlib import Path

import numpy
import sagemaker
from answer import answer, code, described
from sagemaker.debugger import CollectionConfig, DebuggerHookConfig
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.xgboost.estimator import XGBoost
from sklearn.datasets import load_diabetes

COLLECTIONS = (
    "metrics",
    "hyperparameters",
    "predictions",
    "labels",
    "feature_importance",
    "average_shap",
    "trees",
)
session = sagemaker.Session()
patients, progress = load_diabetes(return_X_y=True)
SHARES = {"train": slice(0, 350), "validation": slice(350, None)}


def channel(name):
    path = Path(tempfile.mkdtemp()) / f"{name}.csv"
    numpy.savetxt(path, numpy.column_stack([progress[SHARES[name]], patients[SHARES[name]]]), delimiter=",")
    return session.upload_data(str(path), key_prefix=f"debugger-diabetes/{name}")


channels = {name: channel(name) for name in SHARES}
common = {
    "role": sagemaker.get_execution_role(),
    "instance_count": 1,
    "instance_type": "ml.m5.large",
    "sagemaker_session": session,
    "debugger_hook_config": DebuggerHookConfig(
        s3_output_path=f"s3://{session.default_bucket()}/tensors",
        hook_parameters={"save_interval": "2"},
        collection_configs=[
            *(CollectionConfig(name) for name in COLLECTIONS),
            # One tensor of it: each of them has the values of all features.
            CollectionConfig("one_of_full_shap", {"include_regex": "^full_shap/f0$"}),
        ],
    ),
}
script = XGBoost(
    entry_point="debugged_xgboost.py",
    source_dir=code("debugged_xgboost.py"),
    framework_version="3.0-5",
    py_version="py3",
    hyperparameters={"rounds": 5},
    **common,
)
script.fit(wait=False)
built_in = Estimator(
    image_uri=sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"), **common
)
built_in.set_hyperparameters(objective="reg:squarederror", num_round=5, max_depth=3)
built_in.fit(
    {name: TrainingInput(uri, content_type="text/csv") for name, uri in channels.items()}, wait=False
)
found = {}
for name, estimator in {"script": script, "built_in": built_in}.items():
    estimator.latest_training_job.wait(logs="All")
    found[name] = {"tensors": estimator.latest_job_debugger_artifacts_path(), **described(estimator)}
answer(train=channels["train"], **found)
