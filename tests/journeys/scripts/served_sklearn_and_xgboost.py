"""Trains with scikit-learn or XGBoost, deploys with the SDK, and asks with its serializers."""

import tempfile

import numpy
import sagemaker
from answer import SERVING, answer, arguments, code, digits, gone, in_service
from sagemaker.deserializers import JSONDeserializer
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.xgboost.estimator import XGBoost
from sklearn.datasets import load_digits

session = sagemaker.Session()
role = sagemaker.get_execution_role()


def served_sklearn():
    path = digits(tempfile.mkdtemp())
    estimator = SKLearn(
        entry_point="sklearn_digits.py",
        source_dir=code("sklearn_digits.py"),
        role=role,
        instance_type="ml.m5.large",
        framework_version="1.2-1",
        py_version="py3",
        hyperparameters={"max-iter": 60},
    )
    estimator.fit({"train": session.upload_data(path, key_prefix="served-sklearn")}, logs="None")
    predictor = estimator.deploy(
        initial_instance_count=1,
        instance_type="ml.m5.large",
        entry_point="sklearn_classifier.py",
        source_dir=code("sklearn_classifier.py", of=SERVING),
        wait=False,
    )
    in_service(session, predictor.endpoint_name)
    data = numpy.load(path)
    order = numpy.random.RandomState(0).permutation(len(data["labels"]))[2000:2400]
    images = data["images"][order].reshape(len(order), -1) / 255.0
    right = float((predictor.predict(images) == data["labels"][order]).mean())
    predictor.delete_endpoint()
    return {"accuracy": right, "gone": gone(session, predictor.endpoint_name)}


def served_xgboost():
    estimator = XGBoost(
        entry_point="xgboost_script.py",
        source_dir=code("xgboost_script.py"),
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        framework_version="1.7-1",
        py_version="py3",
        hyperparameters={"rounds": 8},
    )
    estimator.fit(logs="None")
    predictor = estimator.deploy(
        initial_instance_count=1,
        instance_type="ml.m5.large",
        entry_point="xgboost_trees.py",
        source_dir=code("xgboost_trees.py", of=SERVING),
        serializer=CSVSerializer(),
        deserializer=JSONDeserializer(),
        wait=False,
    )
    in_service(session, predictor.endpoint_name)
    images, labels = load_digits(return_X_y=True)
    found = numpy.asarray(predictor.predict(images[1400:], initial_args={"Accept": "application/json"}))
    right = float((found.ravel() == labels[1400:]).mean())
    predictor.delete_endpoint()
    return {"accuracy": right, "gone": gone(session, predictor.endpoint_name)}


answer(**(served_sklearn() if arguments()["framework"] == "sklearn" else served_xgboost()))
