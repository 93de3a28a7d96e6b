"""The models botocore ships, as we load them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import botocore.session
import pytest

from clary.wire.models import SERVICES, find_operation_model, service_model

PROTOCOLS = {"json", "rest-json", "query", "rest-xml", "smithy-rpc-v2-cbor"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_model_has_the_operations_that_botocore_finds(name: str) -> None:
    ours, theirs = service_model(name), botocore.session.get_session().get_service_model(name)

    assert ours.operation_names == theirs.operation_names
    assert ours.signing_name == theirs.signing_name
    assert theirs.resolved_protocol in ours.metadata.get("protocols", [ours.protocol])
    assert set(ours.metadata.get("protocols", [])) <= PROTOCOLS


def test_every_protocol_is_one_that_is_spoken_here() -> None:
    assert {service_model(name).protocol for name in SERVICES} == PROTOCOLS


def test_a_model_is_one_object_for_all_threads() -> None:
    with ThreadPoolExecutor(8) as threads:
        models = list(threads.map(lambda _: service_model("sagemaker"), range(32)))

    assert all(model is models[0] for model in models)


def test_a_member_called_documentation_would_stay() -> None:
    shape = service_model("iam").shape_for("ServiceLastAccessed")

    assert "ServiceName" in shape.members
    assert shape.documentation == ""


def test_an_unknown_operation_has_no_model() -> None:
    assert find_operation_model("sagemaker", "NoSuchThing") is None
    assert find_operation_model("sagemaker", "") is None


def test_an_unknown_service_is_told() -> None:
    with pytest.raises(KeyError, match="ec2"):
        service_model("ec2")
