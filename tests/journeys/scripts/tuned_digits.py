"""Tunes a classifier of digits, looks at the trials, starts again from them, and serves the best."""

import tempfile

import numpy
import sagemaker
from answer import SERVING, answer, code, digits, gone
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.parameter import CategoricalParameter, ContinuousParameter
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.tuner import HyperparameterTuner

session = sagemaker.Session()
client = session.sagemaker_client
path = digits(tempfile.mkdtemp())
train = {"train": session.upload_data(path, key_prefix="tuned-digits")}
estimator = SKLearn(
    entry_point="tuned_digits.py",
    source_dir=code("tuned_digits.py"),
    role=sagemaker.get_execution_role(),
    instance_type="ml.m5.large",
    framework_version="1.2-1",
    py_version="py3",
    hyperparameters={"epochs": 3},
)
tuner = HyperparameterTuner(
    estimator,
    "accuracy",
    {
        "alpha": ContinuousParameter(1e-6, 1.0, scaling_type="Logarithmic"),
        "rate": ContinuousParameter(1e-5, 1.0, scaling_type="Logarithmic"),
        "penalty": CategoricalParameter(["l2", "l1"]),
    },
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
    max_jobs=4,
    max_parallel_jobs=2,
    random_seed=2,
)
tuner.fit(train, job_name="digits")

table = tuner.analytics().dataframe()
best = tuner.best_estimator()
attached = HyperparameterTuner.attach("digits")

warm = tuner.identical_dataset_and_algorithm_tuner()
warm.max_jobs, warm.max_parallel_jobs = 1, 1
warm.fit(train, job_name="digits-again")
later = warm.analytics().dataframe()

hits = client.search(
    Resource="TrainingJob",
    SearchExpression={"Filters": [{"Name": "TuningJobName", "Operator": "Equals", "Value": "digits"}]},
)
runs = ExperimentAnalytics(
    experiment_name="digits-aws-tuning-job", sagemaker_session=session, parameter_names=["alpha"]
).dataframe()

predictor = tuner.deploy(
    1,
    "ml.m5.large",
    entry_point="sklearn_classifier.py",
    source_dir=code("sklearn_classifier.py", of=SERVING),
    # The SDK would look again after 30 seconds.
    wait=False,
)
client.get_waiter("endpoint_in_service").wait(
    EndpointName=predictor.endpoint_name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
)
data = numpy.load(path)
order = numpy.random.RandomState(0).permutation(len(data["labels"]))[1200:1500]
images = data["images"][order].reshape(len(order), -1) / 255.0
right = float((predictor.predict(images) == data["labels"][order]).mean())
predictor.delete_endpoint()

answer(
    status=tuner.describe()["HyperParameterTuningJobStatus"],
    best=tuner.best_training_job(),
    attached=attached.best_training_job(),
    estimator=best.latest_training_job.name,
    model=best.model_data,
    columns=sorted(table.columns),
    values=list(table["FinalObjectiveValue"]),
    names=list(table["TrainingJobName"]),
    later=list(later["FinalObjectiveValue"]),
    overall=warm.describe()["OverallBestTrainingJob"]["TrainingJobName"],
    found=sorted(hit["TrainingJob"]["TrainingJobName"] for hit in hits["Results"]),
    arns=sorted({hit["TrainingJob"]["TuningJobArn"] for hit in hits["Results"]}),
    arn=tuner.describe()["HyperParameterTuningJobArn"],
    runs=len(runs),
    alphas=int(runs["alpha"].notna().sum()),
    accuracy=right,
    gone=gone(session, predictor.endpoint_name),
)
