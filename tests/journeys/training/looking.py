"""Looks for files, processes and rights in its host, as an intruder would, and prints them."""

import argparse
import json
import os
import platform
import subprocess
import sys

import boto3

parser = argparse.ArgumentParser()
parser.add_argument("--state", help="Clary's state folder on the machine")
parser.add_argument("--user-home", help="the machine's own home")
parser.add_argument("--bucket")
parser.add_argument("--key")
wishes, _ = parser.parse_known_args()


def listed(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        return type(error).__name__


def read(path):
    with open(path) as file:
        return json.load(file)


with open("/opt/ml/model/model.txt", "w") as file:
    file.write("a model")
with open("/opt/ml/output/data/notes.txt", "w") as file:
    file.write("notes")

found = {
    "host": platform.node(),
    "python": sys.version.split()[0],
    "arguments": sys.argv[1:],
    "ml": listed("/opt/ml"),
    "config": listed("/opt/ml/input/config"),
    "state": listed(wishes.state) if wishes.state else None,
    "user_home": listed(wishes.user_home) if wishes.user_home else None,
    "processes": sum(name.isdigit() for name in os.listdir("/proc")),
    "variables": {
        name: value for name, value in os.environ.items() if name.startswith(("SM_", "MY_", "TRAINING_"))
    },
    "hyperparameters": read("/opt/ml/input/config/hyperparameters.json"),
    "secrets": [name for name, value in os.environ.items() if name.startswith("AWS_") and "KEY" in name],
    "resources": read("/opt/ml/input/config/resourceconfig.json"),
    "identity": boto3.client("sts").get_caller_identity()["Arn"],
    "explicit_identity": boto3.client(
        "sts", endpoint_url=f"https://sts.{os.environ['AWS_REGION']}.amazonaws.com"
    ).get_caller_identity()["Arn"],
    "resolved": subprocess.run(["getent", "hosts", platform.node()], stdout=subprocess.PIPE)
    .stdout.decode()
    .split()[:1],
}
if wishes.bucket:
    found["object"] = (
        boto3.client("s3").get_object(Bucket=wishes.bucket, Key=wishes.key)["Body"].read().decode()
    )
print("RESULT " + json.dumps(found))
