"""Deploys a model with data capture, and one that answers asynchronously, and reads both as the SDK does."""

import io
import json
import tarfile
import time

import sagemaker
from answer import SERVING, answer, code, in_service
from sagemaker.async_inference import AsyncInferenceConfig, WaiterConfig
from sagemaker.deserializers import JSONDeserializer
from sagemaker.exceptions import AsyncInferenceModelError
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.s3 import S3Downloader
from sagemaker.serializers import JSONSerializer
from sagemaker.sklearn.model import SKLearnModel

WAIT_S = 120

session = sagemaker.Session()
bucket = session.default_bucket()


def model():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("model.json")
        content = json.dumps({"factor": 3}).encode()
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    session.boto_session.client("s3").put_object(
        Bucket=bucket, Key="runtime/model.tar.gz", Body=packed.getvalue()
    )
    return SKLearnModel(
        model_data=f"s3://{bucket}/runtime/model.tar.gz",
        role=sagemaker.get_execution_role(),
        entry_point="times.py",
        source_dir=code("times.py", of=SERVING),
        framework_version="1.2-1",
        py_version="py3",
        env={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
    )


def deploy(**how):
    return model().deploy(
        initial_instance_count=1,
        instance_type="ml.m5.large",
        wait=False,
        serializer=JSONSerializer(),
        deserializer=JSONDeserializer(),
        **how,
    )


def captured(predictor, uri):
    predicted = predictor.predict({"value": 7})["answer"]
    stream = session.sagemaker_runtime_client.invoke_endpoint_with_response_stream(
        EndpointName=predictor.endpoint_name, Body=b'{"value": 8}', ContentType="application/json"
    )
    streamed = json.loads(b"".join(event["PayloadPart"]["Bytes"] for event in stream["Body"]))["answer"]
    until = time.monotonic() + WAIT_S
    lines = []
    while len(lines) < 2 and time.monotonic() < until:
        time.sleep(0.2)
        files = S3Downloader.list(f"{uri}/{predictor.endpoint_name}/AllTraffic", sagemaker_session=session)
        texts = [S3Downloader.read_file(file, sagemaker_session=session) for file in files]
        lines = [json.loads(line) for text in texts for line in text.splitlines()]
    predictor.delete_endpoint()
    sides = [line["captureData"] for line in lines]
    return {
        "predicted": predicted,
        "streamed": streamed,
        "inputs": sorted(json.loads(side["endpointInput"]["data"])["value"] for side in sides),
        "outputs": sorted(json.loads(side["endpointOutput"]["data"])["answer"] for side in sides),
        "encodings": sorted({side[name]["encoding"] for side in sides for name in side}),
    }


def asynchronous(predictor):
    waiting = WaiterConfig(max_attempts=WAIT_S, delay=1)
    predicted = predictor.predict({"value": 7}, waiter_config=waiting)["answer"]
    try:
        predictor.predict({"value": 7, "fail": "that"}, waiter_config=waiting)
        failed = ""
    except AsyncInferenceModelError as error:
        failed = str(error)
    predictor.delete_endpoint()
    return {"predicted": predicted, "failed": failed}


uri = f"s3://{bucket}/runtime/capture"
capturing = deploy(
    data_capture_config=DataCaptureConfig(
        enable_capture=True, sampling_percentage=100, destination_s3_uri=uri
    )
)
waiting = deploy(
    async_inference_config=AsyncInferenceConfig(
        output_path=f"s3://{bucket}/runtime/out", failure_path=f"s3://{bucket}/runtime/failed"
    )
)
for predictor in (capturing, waiting):
    in_service(session, predictor.endpoint_name)
answer(captured=captured(capturing, uri), asynchronous=asynchronous(waiting))
