"""A pipeline of two models with the SDK: scikit-learn scales, XGBoost recognizes. Pixels in, digits out."""

import numpy
import sagemaker
from answer import SERVING, answer, code, gone, in_service
from sagemaker.deserializers import StringDeserializer
from sagemaker.pipeline import PipelineModel
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.xgboost.estimator import XGBoost
from sklearn.datasets import load_digits

session = sagemaker.Session()
role = sagemaker.get_execution_role()


def trained(estimator_class, part, version):
    estimator = estimator_class(
        entry_point="scaled_trees.py",
        source_dir=code("scaled_trees.py"),
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        framework_version=version,
        py_version="py3",
        hyperparameters={"part": part},
    )
    estimator.fit(wait=False)
    return estimator


def model(estimator, script):
    estimator.latest_training_job.wait(logs="None")
    return estimator.create_model(entry_point=script, source_dir=code(script, of=SERVING))


scaler, trees = trained(SKLearn, "scaler", "1.2-1"), trained(XGBoost, "trees", "1.7-1")
pipeline = PipelineModel(
    models=[model(scaler, "scaler.py"), model(trees, "xgboost_trees.py")],
    role=role,
    sagemaker_session=session,
)
pipeline.deploy(initial_instance_count=1, instance_type="ml.m5.large", wait=False)
name = pipeline.endpoint_name
in_service(session, name)
predictor = Predictor(name, session, CSVSerializer(), StringDeserializer())
images, labels = load_digits(return_X_y=True)
said = predictor.predict(images[1400:]).replace("[", "").replace("]", "").replace("\n", ",")
found = numpy.array([float(number) for number in said.split(",") if number.strip()])
streams = session.boto_session.client("logs").describe_log_streams(
    logGroupName=f"/aws/sagemaker/Endpoints/{name}"
)["logStreams"]
predictor.delete_endpoint()
answer(
    accuracy=float((found == labels[1400:]).mean()),
    streams=[stream["logStreamName"] for stream in streams],
    gone=gone(session, name),
)
