"""Trains in an image that was pushed to ECR."""

import sagemaker
from answer import answer, arguments, described
from sagemaker.estimator import Estimator

wishes = arguments()
session = sagemaker.Session()
estimator = Estimator(
    image_uri=wishes["image"],
    role=sagemaker.get_execution_role(),
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"script": "fits.py", "epochs": 3},
)
estimator.fit({"code": wishes["code"], "train": wishes["train"]}, wait=False)
# The SDK's own wait, which looks every 30 s when it is not told otherwise.
session.wait_for_job(estimator.latest_training_job.name, poll=1)
answer(training=described(estimator), model=estimator.model_data)
