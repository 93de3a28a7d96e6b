"""Leaves an object in S3 each time it runs, then takes some time. mark: the beginning of its key."""

import argparse
import time
import uuid

import boto3

parser = argparse.ArgumentParser()
parser.add_argument("--bucket")
parser.add_argument("--mark")
parser.add_argument("--seconds", type=float)
wishes = parser.parse_args()

boto3.client("s3").put_object(Bucket=wishes.bucket, Key=f"{wishes.mark}/{uuid.uuid4()}", Body=b"")
time.sleep(wishes.seconds)
print("ended", flush=True)
