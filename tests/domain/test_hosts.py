from __future__ import annotations

import pytest

from clary.domain.hosts import HostName


@pytest.mark.parametrize("text", ["", "a", "a/", "/algo-1", "a/b/c/d"])
def test_what_names_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not name a host"):
        HostName.parse(text)


@pytest.mark.parametrize("text", ["digits/algo-1", "processing-job/digits/algo-2"])
def test_a_hosts_name_reads_back_as_it_was_written(text: str) -> None:
    assert str(HostName.parse(text)) == text


@pytest.mark.parametrize(
    ("host", "number"),
    [("algo-1", 1), ("algo-12", 12), ("rules-1", None), ("algo-", None), ("algo-1x", None), ("algo-²", None)],
)
def test_a_host_of_a_cluster_has_a_number(host: str, number: int | None) -> None:
    assert HostName("training-job", "digits", host).number == number


def test_a_jobs_arn_says_of_which_kind_its_host_is() -> None:
    arn = "arn:aws:sagemaker:us-east-1:111122223333:processing-job/digits"

    assert HostName.of(arn, "Digits", "algo-1") == HostName("processing-job", "Digits", "algo-1")
