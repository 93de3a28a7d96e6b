"""CreatePresignedDomainUrl: a browser that is signed in as a user profile of a domain."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.server.conftest import Served
from tests.server.studio.browser import Browser, add_user
from tests.server.studio.test_sign_in import iam

from clary.services.access.user_profiles import USER_PROFILE

ROLE = "arn:aws:iam::111122223333:role/ClaryExecutionRole"


def ask(served: Served, operation: str, **params: Any) -> dict[str, Any]:
    status, answer = served.call(f"SageMaker.{operation}", params)
    assert status == 200, answer
    return answer


@pytest.fixture
def ann(served: Served) -> dict[str, str]:
    """The members that name a profile."""
    settings = {"ExecutionRole": ROLE}
    domain = ask(served, "CreateDomain", DomainName="d", AuthMode="IAM", DefaultUserSettings=settings)
    named = {"DomainId": domain["DomainId"], "UserProfileName": "ann"}
    ask(served, "CreateUserProfile", **named)
    return named


def link(served: Served, ann: dict[str, str], **more: Any) -> str:
    url = ask(served, "CreatePresignedDomainUrl", **ann, **more)["AuthorizedUrl"]
    parts = urlsplit(url)
    assert (parts.netloc, parts.path) == (f"{served.host}:{served.port}", "/studio/login")
    return parts.fragment.removeprefix("link=")


def test_a_link_signs_in_once_as_the_profile(served: Served, ann: dict[str, str]) -> None:
    browser, url = Browser(served), link(served, ann)

    status, told = browser.sign_in(Link=url)

    assert status == 200, told
    assert told["Principal"]["Name"] == "ann"
    assert told["Principal"]["UserProfile"] == f"{ann['DomainId']}/ann"
    assert told["ExpiresAt"] == pytest.approx(served.platform.now() + 12 * 3600, abs=60)
    identity = browser.post("sts/GetCallerIdentity")[1]
    assert identity["Arn"] == "arn:aws:sts::111122223333:assumed-role/ClaryExecutionRole/ann"
    again, refused = Browser(served).sign_in(Link=url)
    assert (again, refused["__type"]) == (403, "InvalidLink")
    assert "create-presigned-domain-url" in refused["message"]


def test_a_session_does_what_its_role_may_and_no_more(served: Served, ann: dict[str, str]) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam(served, "CreateRole", RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    reading = {"Effect": "Allow", "Action": "sagemaker:ListTrainingJobs", "Resource": "*"}
    iam(
        served,
        "PutRolePolicy",
        RoleName="reader",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [reading]}),
    )
    settings = {"ExecutionRole": "arn:aws:iam::111122223333:role/reader"}
    ask(served, "UpdateUserProfile", **ann, UserSettings=settings)
    browser = Browser(served)
    browser.sign_in(Link=link(served, ann))

    assert browser.post("sagemaker/ListTrainingJobs")[0] == 200
    refused = browser.post("sagemaker/CreateExperiment", {"ExperimentName": "e"})[1]
    assert "assumed-role/reader/ann is not authorized to perform: sagemaker:CreateExperiment" in str(refused)


def test_what_a_profile_makes_names_it_as_its_author(served: Served, ann: dict[str, str]) -> None:
    browser = Browser(served)
    browser.sign_in(Link=link(served, ann))

    browser.post("sagemaker/CreateExperiment", {"ExperimentName": "e"})

    author = ask(served, "DescribeExperiment", ExperimentName="e")["CreatedBy"]
    assert (author["DomainId"], author["UserProfileName"]) == (ann["DomainId"], "ann")
    assert author["UserProfileArn"].endswith(f":user-profile/{ann['DomainId']}/ann")
    assert author["IamIdentity"]["Arn"].endswith("assumed-role/ClaryExecutionRole/ann")


def test_a_session_lasts_as_long_as_was_asked(served: Served, ann: dict[str, str]) -> None:
    url = link(served, ann, SessionExpirationDurationInSeconds=1800, LandingUri="studio::training-jobs?a=b")

    told = Browser(served).sign_in(Link=url)[1]

    assert told["ExpiresAt"] == pytest.approx(served.platform.now() + 1800, abs=60)
    assert told["Landing"] == "/training-jobs?a=b"


def test_a_link_expires(served: Served, ann: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from clary.server.studio import sign_in

    url, usual = link(served, ann, ExpiresInSeconds=5), sign_in.read_link
    monkeypatch.setattr(sign_in, "read_link", lambda token, key, now: usual(token, key, now + 6))

    status, refused = Browser(served).sign_in(Link=url)

    assert (status, refused["__type"]) == (403, "InvalidLink")
    assert "has expired" in refused["message"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"LandingUri": "app:JupyterLab:"}, "Studio has no apps here"),
        ({"LandingUri": "studio:://evil.example"}, "Studio has no apps here"),
        ({"LandingUri": "studio::\\evil"}, "Studio has no apps here"),
        ({"SpaceName": "shared"}, "Space shared does not exist"),
        ({"ExpiresInSeconds": 301}, "ess than or equal to 300"),
        ({"SessionExpirationDurationInSeconds": 60}, "reater than or equal to 1800"),
    ],
)
def test_what_there_is_not_is_refused(
    served: Served, ann: dict[str, str], more: dict[str, Any], words: str
) -> None:
    status, refused = served.call("SageMaker.CreatePresignedDomainUrl", {**ann, **more})

    assert status == 400
    assert words in (refused.get("message") or refused["Message"])


def test_only_who_may_makes_a_link(served: Served, ann: dict[str, str]) -> None:
    allowed = {
        "Effect": "Allow",
        "Action": "sagemaker:CreatePresignedDomainUrl",
        "Resource": "arn:aws:sagemaker:*:*:user-profile/*/ann",
    }
    add_user(served, "boss", allowed)
    boss = Browser(served)
    boss.sign_in(UserName="boss", Password="Correct-horse-1")

    made = boss.post("sagemaker/CreatePresignedDomainUrl", ann)
    ask(served, "CreateUserProfile", DomainId=ann["DomainId"], UserProfileName="bob")
    refused = boss.post("sagemaker/CreatePresignedDomainUrl", {**ann, "UserProfileName": "bob"})

    assert made[0] == 200, made
    assert refused[1]["__type"] == "AccessDeniedException"


def test_a_session_of_a_role_opens_no_other_role(served: Served, ann: dict[str, str]) -> None:
    """A job has a role; it must not sign itself in as somebody whose role may do more."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam(served, "CreateRole", RoleName="more", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    boss = {**ann, "UserProfileName": "boss"}
    settings = {"ExecutionRole": "arn:aws:iam::111122223333:role/more"}
    ask(served, "CreateUserProfile", **boss, UserSettings=settings)
    job = Browser(served)
    job.sign_in(Link=link(served, ann))

    own = job.post("sagemaker/CreatePresignedDomainUrl", ann)
    others = job.post("sagemaker/CreatePresignedDomainUrl", boss)

    assert own[0] == 200, own
    assert "iam:PassRole on resource: arn:aws:iam::111122223333:role/more" in others[1]["message"]


def test_a_user_without_pass_role_gives_nobody_a_role(served: Served, ann: dict[str, str]) -> None:
    add_user(served, "ada", {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"})
    ada = Browser(served)
    ada.sign_in(UserName="ada", Password="Correct-horse-1")

    refused = ada.post("sagemaker/UpdateUserProfile", {**ann, "UserSettings": {"ExecutionRole": ROLE}})[1]

    assert "iam:PassRole" in refused["message"]


@pytest.mark.parametrize("change", ["profile", "again", "role", "another"])
def test_a_session_ends_with_its_profile_and_its_role(
    served: Served, ann: dict[str, str], change: str
) -> None:
    browser = Browser(served)
    browser.sign_in(Link=link(served, ann))
    old = link(served, ann)
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if change == "another":
        iam(served, "CreateRole", RoleName="r2", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        settings = {"ExecutionRole": "arn:aws:iam::111122223333:role/r2"}
        ask(served, "UpdateUserProfile", **ann, UserSettings=settings)
    elif change == "role":
        served.platform.records.delete("iam-role", "claryexecutionrole")
    else:
        ask(served, "DeleteUserProfile", **ann)
        if change == "again":
            ask(served, "CreateUserProfile", **ann)

    status, told = browser.post("session")

    assert status == 401
    assert told["message"].startswith("The session has ended: The ")
    if change != "another":
        assert Browser(served).sign_in(Link=old)[0] == 403, "a link from before leads nowhere"
    assert served.platform.records.find(USER_PROFILE, f"{ann['DomainId']}/ann") is None or change != "profile"
