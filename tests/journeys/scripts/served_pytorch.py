"""Trains a network on real digits, deploys it, asks about digits it has not seen, and deletes it."""

import tempfile

import numpy
import sagemaker
from answer import SERVING, answer, code, digits, gone
from sagemaker.pytorch import PyTorch

session = sagemaker.Session()
path = digits(tempfile.mkdtemp())
estimator = PyTorch(
    entry_point="torch_digits.py",
    source_dir=code("torch_digits.py"),
    role=sagemaker.get_execution_role(),
    instance_type="ml.m5.xlarge",
    instance_count=1,
    framework_version="2.6",
    py_version="py312",
    hyperparameters={"epochs": 2, "learning-rate": 0.01},
)
estimator.fit({"training": session.upload_data(path, key_prefix="served-digits")}, logs="None")
predictor = estimator.deploy(
    initial_instance_count=1,
    instance_type="ml.m5.xlarge",
    entry_point="torch_network.py",
    source_dir=code("torch_network.py", of=SERVING),
)
name = predictor.endpoint_name
described = session.sagemaker_client.describe_endpoint(EndpointName=name)

data = numpy.load(path)
order = numpy.random.default_rng(0).permutation(len(data["labels"]))[4000:4400]
images = (data["images"][order].reshape(-1, 1, 28, 28) / 255).astype("float32")
scores = predictor.predict(images)
predictor.delete_model()
predictor.delete_endpoint()
answer(
    status=described["EndpointStatus"],
    image=described["ProductionVariants"][0]["DeployedImages"][0]["SpecifiedImage"],
    shape=scores.shape,
    accuracy=float((scores.argmax(1) == data["labels"][order]).mean()),
    gone=gone(session, name),
)
