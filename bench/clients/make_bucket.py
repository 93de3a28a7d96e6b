"""Creates a bucket with boto3."""

from __future__ import annotations

import json
import sys

import boto3
from botocore.config import Config


def main(bucket: str) -> None:
    boto3.client("s3", config=Config(s3={"addressing_style": "path"})).create_bucket(Bucket=bucket)


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
