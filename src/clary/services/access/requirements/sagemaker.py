"""SageMaker, its runtime and its metrics: ``sagemaker:<Operation>`` on the resource the request names."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from clary.domain.arns import canonical_arn, sagemaker_arn
from clary.domain.identity import PrincipalKind
from clary.kinds.catalogue import all_kinds
from clary.services.access.user_profiles import execution_role
from clary.store.lineage import artifact_id

from .domain_keys import domain_keys
from .requirement import KeyValues, Requirement, Scope
from .sagemaker_keys import asked_by_each, asked_of
from .serving_keys import endpoint_config_keys, model_package_keys, transform_job_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSED_TO = "sagemaker.amazonaws.com"

_VERBS = re.compile(
    r"BatchDescribe|Batch\w+?(?=Cluster)|Associate|Attach|Create|Delete|Deregister|Describe|Detach|Disassociate"
    r"|Extend|Get|Import|Put|Register|Retry|Start|Stop|Update"
)

_TYPES = {
    "Trial": "experiment-trial",
    "TrialComponent": "experiment-trial-component",
    "DeviceFleet": "device-fleet",
    "FlowDefinition": "flow-definition",
    "HumanTaskUi": "human-task-ui",
}
"""Nouns of other resources than kinds whose type in ARNs is not their words with dashes."""

_NAMED_BY = {
    "EndpointName": "endpoint",
    "InferenceComponentName": "inference-component",
    "ClusterName": "cluster",
    "FeatureGroupName": "feature-group",
    "HubName": "hub",
    "ImageName": "image",
    "DeviceFleetName": "device-fleet",
    "EdgeDeploymentPlanName": "edge-deployment-plan",
    "ModelPackageGroupName": "model-package-group",
    "LineageGroupName": "lineage-group",
    "TrackingServerName": "mlflow-tracking-server",
    "NotebookInstanceName": "notebook-instance",
    "PipelineName": "pipeline",
    "InferenceRecommendationsJobName": "inference-recommendations-job",
}
"""Members that name the resource of an operation with another noun."""

_LIST_OWNERS = {
    "ListTags": ("ResourceArn", ""),
    "ListTrainingJobsForHyperParameterTuningJob": ("HyperParameterTuningJobName", "HyperParameterTuningJob"),
    "ListCandidatesForAutoMLJob": ("AutoMLJobName", "AutoMLJob"),
    "ListPipelineExecutions": ("PipelineName", "Pipeline"),
    "ListPipelineVersions": ("PipelineName", "Pipeline"),
    "ListPipelineExecutionSteps": ("PipelineExecutionArn", ""),
    "ListPipelineParametersForExecution": ("PipelineExecutionArn", ""),
    "ListImageVersions": ("ImageName", "Image"),
    "ListClusterNodes": ("ClusterName", "Cluster"),
    "ListHubContents": ("HubName", "Hub"),
    "ListLabelingJobsForWorkteam": ("WorkteamArn", ""),
}
"""List operations on one resource: its member and its noun. Every other List is on ``*``."""

_IN_DOMAIN = {
    "UserProfile": ("user-profile", ("DomainId", "UserProfileName")),
    "PresignedDomainUrl": ("user-profile", ("DomainId", "UserProfileName")),
    "Space": ("space", ("DomainId", "SpaceName")),
    "App": ("app", ("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName")),
}

_ROLE_MEMBERS = frozenset({"RoleArn", "ExecutionRoleArn", "ExecutionRole", "ClusterRole", "ValidationRole"})
_ROLE_HOLDERS = frozenset(
    {
        "DefaultSpaceSettings",
        "DefaultUserSettings",
        "InstanceGroups",
        "MonitoringJobDefinition",
        "MonitoringScheduleConfig",
        "RestrictedInstanceGroups",
        "TrainingJobDefinition",
        "TrainingJobDefinitions",
        "UserSettings",
        "ValidationSpecification",
    }
)
"""Members that may contain roles. Not the user's own maps: a hyperparameter may be named RoleArn."""


def requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    action = f"sagemaker:{operation}"
    resources = _canonical_resources(operation, params, scope) or ["*"]
    if operation.startswith("Describe"):
        # These are called most. They name a resource and nothing that a condition key is about.
        return [Requirement(action, resource) for resource in resources]
    context = asked_of(params)
    if operation.endswith(("Domain", "UserProfile")):
        context = {**context, **domain_keys(params)}
    if operation == "CreateEndpointConfig":
        context = {**context, **endpoint_config_keys(params, scope)}
    if operation == "CreateTransformJob":
        context = {**context, **transform_job_keys(params, scope)}
    if operation.endswith("ModelPackage"):
        context = {**context, **model_package_keys(params)}
    contexts = [context]
    if operation == "CreateHyperParameterTuningJob":
        contexts = asked_by_each(params)
    needed = [Requirement(action, resource, each) for resource in resources for each in contexts]
    if operation.startswith("Create") and params.get("Tags"):
        tagging = {**context, "sagemaker:taggingaction": operation}
        needed.extend(Requirement("sagemaker:AddTags", resource, tagging) for resource in resources)
    passing: KeyValues = {"iam:passedtoservice": PASSED_TO, "iam:associatedresourcearn": resources[0]}
    needed.extend(
        Requirement("iam:PassRole", role, passing) for role in passed_roles(operation, params, scope)
    )
    return needed


def job_arn(operation: str, params: dict[str, Any], scope: Scope) -> str:
    """Returns the resource that a request creates or changes; empty when it names none."""
    return next(iter(_canonical_resources(operation, params, scope)), "")


def runtime_requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    name = params.get("EndpointName", "")
    arn = sagemaker_arn(scope.region, scope.account, "endpoint", name)
    target = params.get("TargetModel")
    return [Requirement(f"sagemaker:{operation}", arn, {"sagemaker:targetmodel": target} if target else {})]


def metrics_requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    if "TrialComponentName" in params:
        name = params["TrialComponentName"]
        arns = [sagemaker_arn(scope.region, scope.account, "experiment-trial-component", name)]
    else:
        arns = [query["ResourceArn"] for query in params.get("MetricQueries", ()) if "ResourceArn" in query]
    return [Requirement(f"sagemaker:{operation}", canonical_arn(arn)) for arn in dict.fromkeys(arns) or ["*"]]


def passed_roles(operation: str, params: dict[str, Any], scope: Scope) -> list[str]:
    """Returns the roles that a request passes to SageMaker, each once, in order of appearance."""
    if not operation.startswith(("Create", "Update", "Start")):
        return []
    roles = list(_roles(params))
    if operation == "UpdateTrainingJob" and params.get("ProfilerRuleConfigurations"):
        # An added rule runs with the job's role, and with code and locations that this caller chooses.
        job = scope.record_of(job_arn(operation, params, scope))
        roles += [job["RoleArn"]] if job is not None and "RoleArn" in job else []
    if operation == "CreatePresignedDomainUrl":
        roles += _role_of_link(params, scope)
    return list(dict.fromkeys(roles))


def _role_of_link(params: dict[str, Any], scope: Scope) -> list[str]:
    """The role that a session of a role has to be allowed to pass, to open Studio in it.

    AWS asks for the action alone. A job could then sign itself in as anybody who has a profile.
    """
    profile = scope.record_of(job_arn("CreatePresignedDomainUrl", params, scope))
    named = params.get("DomainId", "")
    domain = scope.record_of(sagemaker_arn(scope.region, scope.account, "domain", named))
    is_role = scope.caller is not None and scope.caller.kind is PrincipalKind.ASSUMED_ROLE
    return [execution_role(domain, profile)] if is_role and domain is not None and profile is not None else []


def _roles(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _roles(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name in _ROLE_MEMBERS and isinstance(member, str):
                yield member
            elif name in _ROLE_HOLDERS:
                yield from _roles(member)


def _canonical_resources(operation: str, params: dict[str, Any], scope: Scope) -> list[str]:
    return list(dict.fromkeys(map(canonical_arn, _resources(operation, params, scope))))


def _resources(operation: str, params: dict[str, Any], scope: Scope) -> Iterator[str]:
    def arn(resource_type: str, name: str) -> str:
        return (
            name
            if name.startswith("arn:")
            else sagemaker_arn(scope.region, scope.account, resource_type, name)
        )

    if operation.startswith("List"):
        member, noun = _LIST_OWNERS.get(operation, ("", ""))
        if params.get(member):
            yield arn(_type_of(noun), params[member])
        return
    if operation in ("AddTags", "DeleteTags"):
        yield params.get("ResourceArn", "*")
        return
    if operation in ("AddAssociation", "DeleteAssociation"):
        yield from (params[name] for name in ("SourceArn", "DestinationArn") if name in params)
        return
    if operation in ("AssociateTrialComponent", "DisassociateTrialComponent"):
        for noun in ("TrialComponent", "Trial"):
            yield arn(_TYPES[noun], params.get(f"{noun}Name", ""))
        return
    if operation == "QueryLineage":
        yield from params.get("StartArns", ())
        return
    if operation in ("CreateArtifact", "DeleteArtifact") and (params.get("Source") or {}).get("SourceUri"):
        yield arn("artifact", artifact_id(params["Source"]))
        return
    if operation == "BatchDescribeModelPackage":
        yield from params.get("ModelPackageArnList", ())
        return
    if operation == "CreateModelPackage" and params.get("ModelPackageGroupName"):
        # The version is not known yet; a policy can name it by a pattern only.
        group = params["ModelPackageGroupName"].rpartition("/")[2]
        yield sagemaker_arn(scope.region, scope.account, "model-package", f"{group}/*")
        return
    if operation == "CreateDomain":
        # AWS checks the id that the domain will have; a policy can name it by a pattern only.
        yield sagemaker_arn(scope.region, scope.account, "domain", "d-*")
        return
    if operation in ("CreateEndpoint", "UpdateEndpoint"):
        yield arn("endpoint", params.get("EndpointName", ""))
        yield arn("endpoint-config", params.get("EndpointConfigName", ""))
        return
    noun = _noun(operation)
    if noun in _IN_DOMAIN:
        resource_type, members = _IN_DOMAIN[noun]
        path = "/".join(params[member] for member in members if params.get(member))
        yield sagemaker_arn(scope.region, scope.account, resource_type, path)
        return
    resource_type = _type_of(noun)
    own = (f"{noun}Arn", f"{noun}Name", f"{noun}Id", "Arn", "Name", "JobDefinitionName", "JobName")
    for member in own:
        if isinstance(params.get(member), str) and noun:
            yield arn(resource_type, params[member])
            return
    for member, resource_type in _NAMED_BY.items():
        if isinstance(params.get(member), str):
            yield arn(resource_type, params[member])
            return
    for member in ("ClusterArn", "PipelineExecutionArn", "PipelineArn", "TrainingPlanArn", "WorkteamArn"):
        if isinstance(params.get(member), str):
            yield params[member]
            return


@cache
def _noun(operation: str) -> str:
    verb = _VERBS.match(operation)
    return operation[verb.end() :].removesuffix("V2") if verb else ""


@cache
def _type_of(noun: str) -> str:
    """The resource type of a noun in ARNs. A kind has its own; of others it is the words with dashes."""
    kinds = {kind.noun: kind.record_kind for kind in all_kinds().values()}
    return _TYPES.get(noun) or kinds.get(noun) or _dashed(noun)


@cache
def _dashed(noun: str) -> str:
    """Returns ``processing-job`` for ``ProcessingJob``, ``ai-benchmark-job`` for ``AIBenchmarkJob``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", noun).lower()
