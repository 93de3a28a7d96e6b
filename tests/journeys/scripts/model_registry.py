"""Trains a model, registers two versions, deploys the approved one, and asks the lineage about them."""

import tempfile
from pathlib import Path

import sagemaker
from answer import TRAINING, answer, arguments, code, digits
from sagemaker.lineage.action import ModelPackageApprovalAction
from sagemaker.lineage.artifact import Artifact, DatasetArtifact, ModelArtifact
from sagemaker.lineage.context import Context, EndpointContext, ModelPackageGroup
from sagemaker.lineage.query import (
    LineageFilter,
    LineageQuery,
    LineageQueryDirectionEnum,
    LineageSourceEnum,
)
from sagemaker.lineage.visualizer import LineageTableVisualizer
from sagemaker.model import ModelPackage
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.model import SKLearnModel
from sagemaker.utils import repack_model

given = arguments()
session = sagemaker.Session()
client = session.sagemaker_client
role = sagemaker.get_execution_role()
ASCENDANTS = LineageQueryDirectionEnum.ASCENDANTS
SERVING = Path(TRAINING).parent / "serving"

path = digits(tempfile.mkdtemp())
data = session.upload_data(path, key_prefix=f"{given['group']}/data")
estimator = SKLearn(
    entry_point="sklearn_digits.py",
    source_dir=code("sklearn_digits.py"),
    role=role,
    instance_type="ml.m5.large",
    framework_version="1.2-1",
    py_version="py3",
    hyperparameters={"max-iter": 60},
)
estimator.fit({"train": data}, logs="None")
job = client.describe_training_job(TrainingJobName=estimator.latest_training_job.name)

formats = {
    "content_types": ["application/x-npy"],
    "response_types": ["application/x-npy"],
    "inference_instances": ["ml.m5.large"],
    "transform_instances": ["ml.m5.large"],
    "model_package_group_name": given["group"],
}
quality = session.upload_string_as_file_body("{}", session.default_bucket(), f"{given['group']}/quality.json")
# As the models of PyTorch, MXNet and TensorFlow do before they are deployed.
repacked = f"s3://{session.default_bucket()}/{given['group']}/repacked/model.tar.gz"
repack_model("sklearn_classifier.py", str(SERVING), [], estimator.model_data, repacked, session)
model = SKLearnModel(
    model_data=repacked,
    role=role,
    entry_point=str(SERVING / "sklearn_classifier.py"),
    framework_version="1.2-1",
)
first = model.register(
    **formats,
    description="the first",
    approval_status="PendingManualApproval",
    customer_metadata_properties={"accuracy": "0.93"},
    model_metrics=ModelMetrics(
        model_statistics=MetricsSource(content_type="application/json", s3_uri=quality)
    ),
)
second = estimator.register(**formats, approval_status="Rejected")
listed = client.list_model_packages(ModelPackageGroupName=given["group"])["ModelPackageSummaryList"]
accurate = session.search(
    resource="ModelPackage",
    search_expression={
        "Filters": [
            {"Name": "ModelPackageGroupName", "Operator": "Equals", "Value": given["group"]},
            {"Name": "CustomerMetadataProperties.accuracy", "Operator": "GreaterThan", "Value": "0.9"},
        ]
    },
)["Results"]

# A version that nobody has approved is approved by the SDK when it deploys it.
package = ModelPackage(role=role, model_package_arn=first.model_package_arn, sagemaker_session=session)
package.deploy(1, "ml.m5.large", endpoint_name=given["endpoint"])
endpoint = client.describe_endpoint(EndpointName=given["endpoint"])
served = client.describe_model(ModelName=package.name)


def named(kind, name):
    return kind.load(name, sagemaker_session=session)


def artifact(kind, uri):
    found = next(iter(Artifact.list(source_uri=uri, sagemaker_session=session)))
    return kind.load(artifact_arn=found.artifact_arn, sagemaker_session=session)


def places(artifacts):
    return sorted(each.source.source_uri for each in artifacts)


def rows(**of):
    table = LineageTableVisualizer(session).show(**of)
    return sorted(
        " ".join([row["Direction"], row["Type"], row["Association Type"], row["Lineage Type"]])
        for row in table.to_dict("records")
    )


context_name = next(
    iter(Context.list(source_uri=endpoint["EndpointArn"], sagemaker_session=session))
).context_name
context = named(EndpointContext, context_name)
group = client.describe_model_package_group(ModelPackageGroupName=given["group"])
group_name = next(
    iter(Context.list(source_uri=group["ModelPackageGroupArn"], sagemaker_session=session))
).context_name
trained = artifact(ModelArtifact, estimator.model_data)
learned_from = artifact(DatasetArtifact, data)
models = LineageQuery(session).query(
    start_arns=[context.context_arn],
    query_filter=LineageFilter(sources=[LineageSourceEnum.MODEL]),
    direction=ASCENDANTS,
    include_edges=False,
)
[approval] = [
    each
    for each in ModelPackageApprovalAction.list(source_uri=first.model_package_arn, sagemaker_session=session)
    if "-Approved-" in each.action_name
]
approval = named(ModelPackageApprovalAction, approval.action_name)

answer(
    job=job["TrainingJobArn"],
    data=data,
    model_data=estimator.model_data,
    repacked=repacked,
    packages=[first.model_package_arn, second.model_package_arn],
    model=served["ModelArn"],
    endpoint=endpoint["EndpointArn"],
    listed=[(each["ModelPackageVersion"], each["ModelApprovalStatus"]) for each in listed],
    accurate=[each["ModelPackage"]["ModelPackageArn"] for each in accurate],
    described=client.describe_model_package(ModelPackageName=first.model_package_arn),
    status=endpoint["EndpointStatus"],
    containers=served.get("Containers") or [served["PrimaryContainer"]],
    of_the_endpoint={
        "datasets": places(context.dataset_artifacts()),
        "jobs": context.training_job_arns(),
        "components": len(context.trial_components()),
        "actions": [action.action_type for action in context.actions(ASCENDANTS)],
        "models": places(vertex.to_lineage_object() for vertex in models.vertices),
    },
    of_the_model={
        "endpoints": [each.context_name for each in trained.endpoint_contexts()],
        "associated": [each.destination_arn for each in trained.endpoints()],
    },
    of_the_data=[each.context_name for each in learned_from.endpoint_contexts()],
    of_the_approval={
        "datasets": places(approval.datasets()),
        "endpoints": [each.context_name for each in approval.endpoints()],
    },
    group=named(ModelPackageGroup, group_name).context_type,
    context={"name": context_name, "arn": context.context_arn},
    table_of_package=rows(model_package_arn=first.model_package_arn),
    table_of_endpoint=rows(endpoint_arn=endpoint["EndpointArn"]),
)
