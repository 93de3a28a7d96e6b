"""Says where it runs, and ends when there is an object in S3 that is named as the hyperparameter ``word``.

renewals: how often its credentials have to have changed by then, each of which has written an object.
"""

import argparse
import json
import os
import socket
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

parser = argparse.ArgumentParser()
parser.add_argument("--bucket")
parser.add_argument("--word", default="")
parser.add_argument("--renewals", type=int, default=0)
arguments = parser.parse_args()
session = boto3.Session()
s3 = session.client("s3", config=Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 0}))
first, written = None, set()
# botocore raises the last one for credentials that have ended, until they are renewed.
UNWELL = (BotoCoreError, ClientError, RuntimeError)


def is_said():
    try:
        s3.head_object(Bucket=arguments.bucket, Key=arguments.word)
        return True
    except UNWELL:  # not yet, or the server is being started
        return False


def write():
    """Writes an object with the present credentials, unless they have done so."""
    global first
    try:
        keys = session.get_credentials().get_frozen_credentials()
        if keys.access_key not in written:
            s3.put_object(Bucket=arguments.bucket, Key=f"{arguments.word}/{keys.access_key}", Body=b"")
            written.add(keys.access_key)
            first = first or keys
    except UNWELL:
        pass


def refusal(keys):
    """The code with which the server refuses credentials; empty while they are good."""
    old = boto3.client(
        "s3",
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
    )
    try:
        old.list_objects_v2(Bucket=arguments.bucket, MaxKeys=1)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


place = socket.gethostbyname(os.environ["SM_CURRENT_HOST"])
print("RESULT " + json.dumps({"address": place}), flush=True)
pairs = arguments.renewals + 1 if arguments.renewals else 0
while arguments.word and not (is_said() and len(written) >= pairs):
    if arguments.renewals:
        write()
    time.sleep(0.1)
if arguments.renewals:
    print("RESULT " + json.dumps({"address": place, "first": refusal(first)}), flush=True)
    with open(os.path.join(os.environ["SM_MODEL_DIR"], "written.json"), "w") as file:
        json.dump(sorted(written), file)
print("ended", flush=True)
