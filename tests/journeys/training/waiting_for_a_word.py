"""Says where it runs, and ends when there is an object in S3 that is named as the hyperparameter ``word``."""

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
arguments = parser.parse_args()
s3 = boto3.client("s3", config=Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 0}))


def is_said():
    try:
        s3.head_object(Bucket=arguments.bucket, Key=arguments.word)
        return True
    except (BotoCoreError, ClientError):  # not yet, or the server is being started
        return False


place = socket.gethostbyname(os.environ["SM_CURRENT_HOST"])
print("RESULT " + json.dumps({"address": place}), flush=True)
while arguments.word and not is_said():
    time.sleep(0.1)
print("ended", flush=True)
