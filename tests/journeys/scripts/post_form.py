"""A file uploaded as a web page's form does it, by requests; and what a form may not do."""

import boto3
import requests
from answer import answer, arguments

bucket = arguments()["bucket"]
s3 = boto3.client("s3")
form = s3.generate_presigned_post(
    bucket,
    "forms/${filename}",
    Fields={"success_action_status": "201"},
    Conditions=[{"success_action_status": "201"}, ["content-length-range", 1, 1000]],
)
good = requests.post(form["url"], data=form["fields"], files={"file": ("mine.txt", b"by a form")}, timeout=60)
large = requests.post(form["url"], data=form["fields"], files={"file": ("large", b"x" * 1001)}, timeout=60)
answer(good=good.status_code, large=large.status_code)
