"""The requests of the jobs that an Autopilot job makes. All run programs of one image."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .forms import wishes_of
from .locations import locations_of
from .metrics import maximizes, metric_definitions, series_of
from .names import job_name, tuning_name
from .program import CONFIG, IMAGE, MEMORY, PROGRAM, config_of, resolved
from .sizes import OF_ANALYSIS, instance_of, memory_mib_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .forms import Wishes

Document = dict[str, Any]

VOLUME_GB = 50

MOST_AT_ONCE = 4
"""Candidates that train or wait for their turn at the same time. The machine's queue decides how many run."""
MOST_CANDIDATES = 250
"""Of HYPERPARAMETER_TUNING mode without MaxCandidates, as AWS has it."""

LONGEST_OWN_NAME = 21
"""Of a candidate in the name of its training job, with its number, so that a list says what was trained."""

_INPUT, _OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"


def analysis_request(record: Document) -> Document:
    """Looks at the data, splits it, and plans the candidates."""
    wishes, locations = wishes_of(record), locations_of(record)
    inputs = _channel_inputs(wishes)
    if wishes.features is not None:
        inputs.append(_input("features", wishes.features, f"{_INPUT}/features"))
    outputs = {
        "data/train": locations.train,
        "data/validation": locations.validation,
        "plan": locations.plan,
        "notebooks": locations.notebooks,
    }
    return _processing(record, record["_AnalysisName"], ["analyze"], inputs, outputs, {})


def fit_request(record: Document, pipeline: Document) -> Document:
    """Fits a pipeline of feature engineering to the training data."""
    name = job_name(record, pipeline["Name"])
    hyperparameters = {**pipeline["HyperParameters"], "_command": "fit-features"}
    return _training(record, name, hyperparameters, locations_of(record).pipelines)


def apply_request(record: Document, pipeline: str, model: str) -> Document:
    """Transforms both parts of the data. model: the archive with the fitted pipeline."""
    locations = locations_of(record)
    inputs = [
        _input("train", locations.train, f"{_INPUT}/train"),
        _input("validation", locations.validation, f"{_INPUT}/validation"),
        _input("pipeline", model, f"{_INPUT}/pipeline"),
    ]
    outputs = {part: locations.transformed(pipeline, part) for part in ("train", "validation")}
    name = job_name(record, f"{pipeline}-rpb")
    return _processing(record, name, ["apply-features"], inputs, outputs, resolved(record))


def candidate_request(record: Document, number: int, candidate: Document) -> Document:
    """Trains one candidate. number: counted from 1."""
    own = f"t{number}-{candidate['Name']}"
    name = job_name(record, own[:LONGEST_OWN_NAME].rstrip("-"))
    return _training(record, name, candidate["HyperParameters"], locations_of(record).models)


def tuning_request(record: Document, pipelines: Mapping[str, str]) -> Document:
    """Searches all definitions whose pipelines are fitted. pipelines: their names to their archives."""
    wishes, plan = wishes_of(record), record["_Plan"]
    most = wishes.max_candidates or MOST_CANDIDATES
    definitions = [
        _definition(record, each, pipelines[each["Pipeline"]])
        for each in plan["Definitions"]
        if each["Pipeline"] in pipelines
    ]
    config: Document = {
        "Strategy": "Bayesian",
        "ResourceLimits": {
            "MaxNumberOfTrainingJobs": most,
            "MaxParallelTrainingJobs": min(MOST_AT_ONCE, most),
        },
    }
    if wishes.max_candidates is None:
        config["TuningJobCompletionCriteria"] = {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}
    return {
        "HyperParameterTuningJobName": tuning_name(record),
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinitions": definitions,
        **_belonging(record),
    }


def report_request(record: Document, report: str, best: Document, location: str) -> Document:
    """report: ``explainability`` or ``model-quality``, of the best candidate."""
    locations = locations_of(record)
    inputs = [
        _input("model", best["Model"], f"{_INPUT}/model"),
        _input("train", locations.train, f"{_INPUT}/train"),
        _input("validation", locations.validation, f"{_INPUT}/validation"),
    ]
    config = {**resolved(record), "candidate": best["Name"]}
    return _processing(
        record, job_name(record, report), ["report", report], inputs, {report: location}, config
    )


def inference_container(plan: Document, model: str) -> Document:
    """The container that serves a candidate."""
    classes = plan["ProblemType"] != "Regression"
    supported = "predicted_label,probability,labels,probabilities" if classes else "predicted_label"
    environment = {
        "SAGEMAKER_INFERENCE_OUTPUT": "predicted_label",
        "SAGEMAKER_INFERENCE_SUPPORTED": supported,
    }
    return {"Image": IMAGE, "ModelDataUrl": model, "Environment": environment}


def _processing(
    record: Document,
    name: str,
    arguments: Sequence[str],
    inputs: Sequence[Document],
    outputs: Mapping[str, str],
    decided: Document,
) -> Document:
    """outputs: the folder below /opt/ml/processing/output to its location in S3."""
    security = wishes_of(record).security
    config = json.dumps({**config_of(record), **decided}, separators=(",", ":"))
    request: Document = {
        "ProcessingJobName": name,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": [*PROGRAM, *arguments]},
        "Environment": {CONFIG: config},
        "RoleArn": record["RoleArn"],
        "ProcessingInputs": list(inputs),
        "ProcessingOutputConfig": {
            "Outputs": [_output(folder, location) for folder, location in outputs.items()],
            **_key(record),
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": instance_of(record) if "_Plan" in record else OF_ANALYSIS,
                "InstanceCount": 1,
                "VolumeSizeInGB": VOLUME_GB,
                **({"VolumeKmsKeyId": security["VolumeKmsKeyId"]} if "VolumeKmsKeyId" in security else {}),
            }
        },
        **_belonging(record),
    }
    if "VpcConfig" in security:
        request["NetworkConfig"] = {"VpcConfig": security["VpcConfig"]}
    return request


def _training(record: Document, name: str, hyperparameters: Mapping[str, str], location: str) -> Document:
    definition = _training_members(record, location)
    return {
        "TrainingJobName": name,
        "HyperParameters": dict(hyperparameters),
        **definition,
        **_belonging(record),
    }


def _definition(record: Document, definition: Document, pipeline: str) -> Document:
    """A definition of the tuning job."""
    locations, metric = locations_of(record), record["_Plan"]["Metric"]
    members = _training_members(record, locations.models)
    members["InputDataConfig"] = [
        *(
            _channel(part, locations.transformed(definition["Pipeline"], part))
            for part in ("train", "validation")
        ),
        _channel("pipeline", pipeline),
    ]
    objective = {"Type": "Maximize" if maximizes(metric) else "Minimize", "MetricName": series_of(metric)}
    return {
        "DefinitionName": definition["Name"],
        "TuningObjective": objective,
        "HyperParameterRanges": definition["Ranges"],
        "StaticHyperParameters": definition["HyperParameters"],
        **members,
    }


def _training_members(record: Document, location: str) -> Document:
    wishes, locations = wishes_of(record), locations_of(record)
    security, stopping = wishes.security, wishes.max_runtime_of_training_s
    return {
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": metric_definitions(record["_Plan"]["Metric"]),
        },
        "RoleArn": record["RoleArn"],
        "InputDataConfig": [_channel("train", locations.train), _channel("validation", locations.validation)],
        "OutputDataConfig": {"S3OutputPath": location, **_key(record)},
        "ResourceConfig": {
            "InstanceType": instance_of(record),
            "InstanceCount": 1,
            "VolumeSizeInGB": VOLUME_GB,
            **({"VolumeKmsKeyId": security["VolumeKmsKeyId"]} if "VolumeKmsKeyId" in security else {}),
        },
        "Environment": {MEMORY: str(memory_mib_of(record))},
        "StoppingCondition": {"MaxRuntimeInSeconds": stopping or 86_400},
        "EnableInterContainerTrafficEncryption": bool(security.get("EnableInterContainerTrafficEncryption")),
        **({"VpcConfig": security["VpcConfig"]} if "VpcConfig" in security else {}),
    }


def _channel_inputs(wishes: Wishes) -> list[Document]:
    """Two training channels are two folders below one."""
    parts: dict[str, list[Document]] = {"train": [], "validation": []}
    for channel in wishes.channels:
        part = "validation" if channel.get("ChannelType") == "validation" else "train"
        parts[part].append(channel["DataSource"]["S3DataSource"])
    inputs = []
    for part, sources in parts.items():
        for index, source in enumerate(sources):
            several = len(sources) > 1
            name = f"{part}-{index}" if several else part
            path = f"{_INPUT}/{part}/{index}" if several else f"{_INPUT}/{part}"
            inputs.append(_input(name, source["S3Uri"], path, source["S3DataType"]))
    return inputs


def _input(name: str, uri: str, path: str, data_type: str = "S3Prefix") -> Document:
    source = {
        "S3Uri": uri,
        "LocalPath": path,
        "S3DataType": data_type,
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "AppManaged": False, "S3Input": source}


def _output(folder: str, location: str) -> Document:
    target = {"S3Uri": location, "LocalPath": f"{_OUTPUT}/{folder}", "S3UploadMode": "EndOfJob"}
    return {"OutputName": folder.replace("/", "-"), "AppManaged": False, "S3Output": target}


def _channel(name: str, uri: str) -> Document:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}


def _key(record: Document) -> Document:
    key = record["OutputDataConfig"].get("KmsKeyId")
    return {"KmsKeyId": key} if key else {}


def _belonging(record: Document) -> Document:
    """What says of a job that it belongs to this Autopilot job."""
    return {
        "AutoMLJobArn": record["AutoMLJobArn"],
        "ExperimentConfig": record["_ExperimentConfig"],
        "Tags": [{"Key": key, "Value": value} for key, value in record["_Tags"].items()],
    }
