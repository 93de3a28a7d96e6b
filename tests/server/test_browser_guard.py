"""What a browser is told about answers with users' content. tests/studio/site/test_attacks.py attacks."""

from __future__ import annotations

import contextlib
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.server.conftest import Served

PAGE = b"<script>alert(1)</script>"


@pytest.fixture
def s3(served: Served) -> Any:
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=f"http://{served.host}:{served.port}",
        aws_access_key_id=served.keys.access_key,
        aws_secret_access_key=served.keys.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket="studio")
    client.put_object(Bucket="studio", Key="index.html", Body=PAGE, ContentType="text/html")
    return client


def get(served: Served, address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with contextlib.closing(served.connect()) as connection:
        path = address.partition(str(served.port))[2] if address.startswith("http") else address
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers=sent)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


def presigned(s3: Any, **params: str) -> str:
    named = {"Bucket": "studio", "Key": "index.html", **params}
    return str(s3.generate_presigned_url("get_object", named))


def is_guarded(headers: dict[str, str]) -> bool:
    policy = headers.get("content-security-policy", "")
    return (
        policy.startswith("sandbox")
        and "allow-same-origin" not in policy
        and headers.get("x-content-type-options") == "nosniff"
    )


def test_what_an_address_opens_has_an_origin_of_its_own(served: Served, s3: Any) -> None:
    opened = [
        presigned(s3),
        presigned(s3, ResponseContentType="image/svg+xml"),
        presigned(s3, ResponseContentType="text/html\r\ncontent-security-policy: x"),
        presigned(s3, Key="<script>alert(1)</script>"),
        "/studio-none/index.html",
        "/?X-Amz-Signature=<script>",
        "/studio/index.html?AWSAccessKeyId=x&Signature=y&Expires=1",
    ]

    answers = [get(served, address) for address in opened]

    assert [status for status, _, _ in answers[:4]] == [200, 200, 200, 404]
    assert all(is_guarded(headers) for _, headers, _ in answers)


def test_another_scheme_in_the_header_changes_nothing(served: Served, s3: Any) -> None:
    """Browsers send one for http://name:password@host/."""
    assert is_guarded(get(served, presigned(s3), Authorization="Basic YTpi")[1])


def test_no_object_is_a_script_of_this_server(served: Served, s3: Any) -> None:
    address = presigned(s3, ResponseContentType="text/javascript")
    for kind in ("script", "worker", "sharedworker", "serviceworker", "style"):
        asked = {"Sec_Fetch_Dest": kind, "Sec_Fetch_Site": "same-origin"}
        assert get(served, address, **asked)[0] == 403
    assert get(served, address, Service_Worker="script")[0] == 403

    assert get(served, address, Sec_Fetch_Dest="image", Sec_Fetch_Site="same-origin")[2] == PAGE
    assert get(served, address, Sec_Fetch_Dest="script", Sec_Fetch_Site="cross-site")[2] == PAGE


def test_clients_get_what_they_always_got(s3: Any) -> None:
    answer = s3.get_object(Bucket="studio", Key="index.html")

    assert answer["Body"].read() == PAGE
    assert "content-security-policy" not in answer["ResponseMetadata"]["HTTPHeaders"]
