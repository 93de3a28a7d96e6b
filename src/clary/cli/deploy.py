"""``clary deploy``: an endpoint that answers with the model of a training job, or with one by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail, say

if TYPE_CHECKING:
    from clary.cli.client import ServerConnection

Repeated = list[str] | None


def deploy(
    target: Annotated[str, typer.Argument(metavar="JOB|MODEL", help="A training job, or a model.")],
    name: Annotated[
        str | None,
        typer.Option(help="Name of the endpoint; one that is there is updated. By default that of TARGET."),
    ] = None,
    code: Annotated[
        Path | None,
        typer.Option(
            help="inference.py, or a folder with it and its requirements.txt. By default the job's script."
        ),
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="Image; by default the one that serves the job's.")
    ] = None,
    instance_type: Annotated[str, typer.Option(help="Instance type of each instance.")] = "ml.m5.large",
    count: Annotated[int, typer.Option(min=1, help="How many instances.")] = 1,
    serverless: Annotated[
        int | None,
        typer.Option(metavar="MB", help="No instances: one process of this memory, while somebody asks."),
    ] = None,
    environment: Annotated[
        Repeated, typer.Option("--env", help="NAME=VALUE, a variable of the model; may be repeated.")
    ] = None,
    role: Annotated[
        str | None, typer.Option(help="Name of the execution role; by default the job's.")
    ] = None,
    detach: Annotated[bool, typer.Option("-d", "--detach", help="Do not wait until it answers.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Deploy a model: clary deploy JOB, then clary predict JOB --json '{"inputs": [1, 2, 3]}'

    An endpoint of that name is updated without a moment in which it does not answer.
    """
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.endpoint_watch import exists, watch_endpoint
    from clary.cli.job_models import code_to_send
    from clary.cli.names import job_name
    from clary.cli.train_options import pairs

    sending = code_to_send(code)
    variables = pairs("--env", environment)
    connection = connect(home)
    sagemaker = connection.client("sagemaker")
    endpoint = name or target
    try:
        model = _model(connection, target, sending, image, variables, role)
        config = job_name(endpoint)
        variant: dict[str, Any] = {"VariantName": "AllTraffic", "ModelName": model}
        if serverless is None:
            variant |= {"InstanceType": instance_type, "InitialInstanceCount": count}
        else:
            variant |= {"ServerlessConfig": {"MemorySizeInMB": serverless, "MaxConcurrency": 20}}
        sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
        if exists(sagemaker, endpoint):
            sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
        else:
            sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    if not detach:
        watch_endpoint(connection, endpoint)
        say(f"{endpoint} answers; ask it with: clary predict {endpoint} --json FILE")
    typer.echo(endpoint)


def _model(
    connection: ServerConnection,
    target: str,
    sending: tuple[Path, str, bool] | None,
    image: str | None,
    variables: dict[str, str],
    role: str | None,
) -> str:
    """Returns the name of the model: the target itself, or a new one made of the job."""
    from botocore.exceptions import ClientError

    from clary.cli.job_models import model_of_job, served_functions, training_script
    from clary.cli.names import job_name
    from clary.cli.sending import make_bucket, send_source

    sagemaker = connection.client("sagemaker")
    try:
        sagemaker.describe_model(ModelName=target)
    except ClientError:
        pass
    else:
        if sending or image or variables or role:
            fail(f"{target} is a model, with image, code, variables and role; deploy a job to choose them")
        return target
    job = _job(sagemaker, target)
    model = job_name(target)
    sent = None
    if sending is not None:
        make_bucket(connection)
        folder, script, whole = sending
        sent = (send_source(connection, model, folder, script, whole=whole), script)
    elif not served_functions(training_script(connection, job)):
        # A script that only trains would train again when the server imports it.
        sent = ("", "")
    arn = None if role is None else f"arn:aws:iam::{connection.account}:role/{role}"
    request = model_of_job(job, model, image=image, code=sent, variables=variables, role=arn)
    sagemaker.create_model(**request)
    return model


def _job(sagemaker: Any, name: str) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    from clary.cli.find_jobs import refusal
    from clary.cli.job_kinds import TRAINING

    try:
        return TRAINING.describe(sagemaker, name)
    except ClientError as error:
        fail(f"there is neither a model nor a training job of this name: {refusal(sagemaker, name, error)}")
