"""MXNet as in its tutorial: trained, deployed with the estimator, asked about digits that it has not seen."""

import tempfile

import numpy
import sagemaker
from answer import SERVING, answer, code, digits, gone, in_service
from sagemaker.mxnet import MXNet

session = sagemaker.Session()
path = digits(tempfile.mkdtemp())
estimator = MXNet(
    entry_point="mxnet_digits.py",
    source_dir=code("mxnet_digits.py"),
    role=sagemaker.get_execution_role(),
    instance_count=1,
    instance_type="ml.m5.large",
    framework_version="1.6.0",
    py_version="py3",
    hyperparameters={"batch-size": 100, "epochs": 2, "learning_rate": 0.1},
)
estimator.fit({"train": session.upload_data(path, key_prefix="served-mxnet")}, logs="None")
predictor = estimator.deploy(
    initial_instance_count=1,
    instance_type="ml.m5.large",
    entry_point="mxnet_network.py",
    source_dir=code("mxnet_network.py", of=SERVING),
    wait=False,
)
in_service(session, predictor.endpoint_name)
data = numpy.load(path)
order = numpy.random.RandomState(0).permutation(len(data["labels"]))[4000:4400]
images = data["images"][order].reshape(-1, 784).astype("float32") / 255
scores = numpy.asarray(predictor.predict(images))
predictor.delete_endpoint()
answer(
    accuracy=float((scores.argmax(1) == data["labels"][order]).mean()),
    gone=gone(session, predictor.endpoint_name),
)
