"""Creates one training job, on servers that only store it."""

from __future__ import annotations

import json
import sys

import boto3

if __name__ == "__main__":
    arguments = json.loads(sys.argv[1])
    print(json.dumps(boto3.client("sagemaker").create_training_job(**arguments["request"])["TrainingJobArn"]))
