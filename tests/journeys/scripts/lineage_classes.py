"""``sagemaker.lineage``: the classes for queries in a notebook, from a model and from a data set."""

import datetime
import logging
import warnings

import sagemaker
from answer import answer, arguments
from sagemaker.lineage.action import Action
from sagemaker.lineage.artifact import Artifact, DatasetArtifact, ImageArtifact, ModelArtifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.context import Context, EndpointContext
from sagemaker.lineage.lineage_trial_component import LineageTrialComponent
from sagemaker.lineage.query import (
    LineageEntityEnum,
    LineageFilter,
    LineageQuery,
    LineageQueryDirectionEnum,
    LineageSourceEnum,
)
from sagemaker.lineage.visualizer import LineageTableVisualizer

warnings.simplefilter("ignore")
logging.getLogger("sagemaker").setLevel(logging.ERROR)
given = arguments()

session = sagemaker.Session()
model_arn, raw_arn, clean_arn, image_arn = (
    next(iter(Artifact.list(source_uri=given[name], sagemaker_session=session))).artifact_arn
    for name in ("model", "raw", "clean", "image")
)
model = ModelArtifact.load(model_arn, sagemaker_session=session)
raw = DatasetArtifact.load(raw_arn, sagemaker_session=session)
clean = DatasetArtifact.load(clean_arn, sagemaker_session=session)
image = ImageArtifact.load(image_arn, sagemaker_session=session)
query = LineageQuery(session)


def places(artifacts):
    return sorted(artifact.source.source_uri for artifact in artifacts)


def reached(**wish):
    found = query.query(**wish)
    return {
        "vertices": sorted(f"{vertex.lineage_entity} {vertex.lineage_source}" for vertex in found.vertices),
        "edges": len(found.edges),
    }


up, down = LineageQueryDirectionEnum.ASCENDANTS, LineageQueryDirectionEnum.DESCENDANTS
now = datetime.datetime.now(datetime.UTC)
trained = LineageTrialComponent.load(f"{given['job']}-aws-training-job", sagemaker_session=session)
table = LineageTableVisualizer(session).show(training_job_name=given["job"])

# By hand: what a deployment of the model would leave behind.
deployed = Action.create(
    action_name=given["job"],
    action_type="ModelDeployment",
    source_uri=given["model"],
    status="Completed",
    properties={"stage": "test"},
    sagemaker_session=session,
)
endpoint = Context.create(
    context_name=given["job"],
    context_type="Endpoint",
    source_uri="arn:aws:sagemaker:us-east-1:123456789012:endpoint/digits",
    sagemaker_session=session,
)
for source, destination, kind in (
    (model_arn, deployed.action_arn, "ContributedTo"),
    (deployed.action_arn, endpoint.context_arn, "AssociatedWith"),
):
    Association.create(
        source_arn=source,
        destination_arn=destination,
        association_type=kind,
        sagemaker_session=session,
    )
endpoints = [context.context_name for context in model.endpoint_contexts()]
of_the_model = [summary.destination_name for summary in model.endpoints()]
of_the_data = [context.context_name for context in raw.endpoint_contexts()]
context = EndpointContext.load(given["job"], sagemaker_session=session)
from_the_end = {
    "datasets": places(context.dataset_artifacts()),
    "jobs": context.training_job_arns(),
    "actions": [action.action_name for action in context.actions(up)],
    "components": len(context.trial_components()),
}
by_stage = reached(
    start_arns=[raw_arn], direction=down, query_filter=LineageFilter(properties={"stage": "test"})
)
deployed.delete(disassociate=True)
endpoint.delete(disassociate=True)

answer(
    datasets=places(model.dataset_artifacts()),
    jobs=model.training_job_arns(),
    # With more than one component on the way, the SDK sends a search that botocore refuses.
    trials=clean.upstream_trials(),
    further=places(raw.downstream_datasets()),
    images=places(image.datasets(down)),
    source_of_job=trained.source["SourceArn"],
    inputs_of_job=places(trained.dataset_artifacts()),
    models_of_job=places(trained.models()),
    whole=reached(start_arns=[model_arn], direction=up),
    near=reached(start_arns=[model_arn], direction=up, max_depth=1),
    downwards=reached(start_arns=[raw_arn], direction=down),
    components=reached(
        start_arns=[model_arn],
        query_filter=LineageFilter(entities=[LineageEntityEnum.TRIAL_COMPONENT]),
    ),
    models=reached(
        start_arns=[raw_arn], direction=down, query_filter=LineageFilter(sources=[LineageSourceEnum.MODEL])
    ),
    later=reached(
        start_arns=[model_arn],
        direction=up,
        query_filter=LineageFilter(created_after=now + datetime.timedelta(hours=1)),
    ),
    table=table.fillna("").to_dict("records"),
    endpoints=endpoints,
    of_the_model=of_the_model,
    of_the_data=of_the_data,
    from_the_end=from_the_end,
    by_stage=by_stage,
    left=reached(start_arns=[model_arn], direction=down),
)
