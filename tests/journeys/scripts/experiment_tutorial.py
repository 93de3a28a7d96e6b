"""The MNIST experiment tutorial: a tracker, trials as jobs, tables, the best model deployed, the clean-up."""

import tempfile
import time

import numpy
import sagemaker
from answer import SERVING, answer, arguments, code, digits, gone
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.pytorch import PyTorch, PyTorchModel
from smexperiments.experiment import Experiment
from smexperiments.tracker import Tracker
from smexperiments.trial import Trial
from smexperiments.trial_component import TrialComponent

CHANNELS = arguments()["channels"]

session = sagemaker.Session()
client = session.sagemaker_client
role = sagemaker.get_execution_role()
held_out = digits(tempfile.mkdtemp())
inputs = session.upload_data(held_out, key_prefix="mnist")

with Tracker.create(display_name="Preprocessing", sagemaker_boto_client=client) as tracker:
    tracker.log_parameters({"normalization_mean": 0.1307, "normalization_std": 0.3081})
    tracker.log_input(name="mnist-dataset", media_type="s3/uri", value=inputs)

stamp = int(time.time())
experiment = Experiment.create(
    experiment_name=f"mnist-hand-written-digits-classification-{stamp}",
    description="Classification of mnist hand-written digits",
    sagemaker_boto_client=client,
)
preprocessing = tracker.trial_component
names = {}
estimators = []
for hidden_channels in CHANNELS:
    trial = Trial.create(
        trial_name=f"cnn-training-job-{hidden_channels}-hidden-channels-{stamp}",
        experiment_name=experiment.experiment_name,
        sagemaker_boto_client=client,
    )
    names[hidden_channels] = trial.trial_name
    trial.add_trial_component(preprocessing)
    estimator = PyTorch(
        entry_point="torch_hidden_channels.py",
        source_dir=code("torch_hidden_channels.py"),
        role=role,
        sagemaker_session=session,
        framework_version="2.6",
        py_version="py312",
        instance_count=1,
        instance_type="ml.m5.large",
        hyperparameters={
            "epochs": 2,
            "backend": "gloo",
            "hidden_channels": hidden_channels,
            "dropout": 0.2,
        },
        metric_definitions=[
            {"Name": "train:loss", "Regex": "Train Loss: (.*?);"},
            {"Name": "test:loss", "Regex": "Test set: Average loss: (.*?),"},
            {"Name": "test:accuracy", "Regex": "Accuracy: (.*?);"},
        ],
        enable_sagemaker_metrics=True,
    )
    estimator.fit(
        inputs={"training": inputs},
        job_name=f"cnn-training-job-{hidden_channels}-{stamp}",
        experiment_config={
            "TrialName": trial.trial_name,
            "TrialComponentDisplayName": "Training",
        },
        wait=False,
    )
    estimators.append(estimator)
for estimator in estimators:
    estimator.latest_training_job.wait(logs="None")


def table(**wishes):
    frame = ExperimentAnalytics(sagemaker_session=session, **wishes).dataframe()
    return frame.astype(object).where(frame.notnull(), None).to_dict("records")


training = {"Filters": [{"Name": "DisplayName", "Operator": "Equals", "Value": "Training"}]}
by_accuracy = table(
    experiment_name=experiment.experiment_name,
    search_expression=training,
    sort_by="metrics.test:accuracy.max",
    sort_order="Descending",
    metric_names=["test:accuracy"],
    parameter_names=["hidden_channels", "epochs", "dropout", "backend"],
)
one_trial = table(
    search_expression={
        "Filters": [
            {"Name": "Parents.TrialName", "Operator": "Equals", "Value": names[CHANNELS[0]]},
        ]
    },
    sort_by="CreationTime",
    sort_order="Ascending",
)
job = client.describe_training_job(TrainingJobName=estimators[0].latest_training_job.name)
lineage = client.query_lineage(
    StartArns=[
        client.list_artifacts(SourceUri=job["ModelArtifacts"]["S3ModelArtifacts"])["ArtifactSummaries"][0][
            "ArtifactArn"
        ]
    ],
    Direction="Ascendants",
)
# The last cells: the model of the best component answers.
best = TrialComponent.load(by_accuracy[0]["TrialComponentName"], sagemaker_boto_client=client)
served = PyTorchModel(
    model_data=best.output_artifacts["SageMaker.ModelArtifact"].value,
    role=role,
    entry_point="torch_network.py",
    source_dir=code("torch_network.py", of=SERVING),
    env={"hidden_channels": str(int(best.parameters["hidden_channels"]))},
    sagemaker_session=session,
    framework_version="2.6",
    py_version="py312",
    name=best.trial_component_name,
)
predictor = served.deploy(instance_type="ml.m5.xlarge", initial_instance_count=1)
data = numpy.load(held_out)
order = numpy.random.default_rng(0).permutation(len(data["labels"]))[4000:4400]
images = (data["images"][order].reshape(-1, 1, 28, 28) / 255).astype("float32")
predicted = float((predictor.predict(images).argmax(1) == data["labels"][order]).mean())
predictor.delete_endpoint()
predictor_gone = gone(session, predictor.endpoint_name)
served.delete_model()

components = [preprocessing.trial_component_name] + [
    f"{estimator.latest_training_job.name}-aws-training-job" for estimator in estimators
]
# The package pauses more than a second between calls, because AWS throttles; Clary does not.
time.sleep = lambda seconds: None
experiment.delete_all(action="--force")
model = job["ModelArtifacts"]["S3ModelArtifacts"]
left = [each.experiment_name for each in Experiment.list(sagemaker_boto_client=client)]
left += [each.trial_name for each in Trial.list(sagemaker_boto_client=client)]
left += [each.trial_component_name for each in TrialComponent.list(sagemaker_boto_client=client)]
left = [name for name in left if name in (experiment.experiment_name, *names.values(), *components)]
left += client.list_artifacts(SourceUri=model)["ArtifactSummaries"]
answer(
    inputs=inputs,
    experiment=experiment.experiment_name,
    trials=names,
    preprocessing=preprocessing.trial_component_name,
    jobs=[estimator.latest_training_job.name for estimator in estimators],
    final={
        estimator.latest_training_job.name: {
            metric["MetricName"]: metric["Value"]
            for metric in client.describe_training_job(TrainingJobName=estimator.latest_training_job.name)[
                "FinalMetricDataList"
            ]
        }
        for estimator in estimators
    },
    by_accuracy=by_accuracy,
    one_trial=one_trial,
    lineage=sorted({vertex["Type"] for vertex in lineage["Vertices"]}),
    left=left,
    predicted=predicted,
    gone=predictor_gone,
)
