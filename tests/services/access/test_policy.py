from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.access.world import allow, policy

from clary.services.access.aws_managed import aws_managed_policies
from clary.services.access.document import MalformedPolicy, PolicyKind
from clary.services.access.policy import MOST_KEPT, Effect, compile_policy, evaluate

OBJECT = "arn:aws:s3:::bucket/key"


def decide(document: str, action: str, resource: str = OBJECT, **context: str) -> Effect:
    return evaluate([compile_policy(document)], action, resource, context).effect


def test_what_nothing_allows_is_denied() -> None:
    assert decide(policy(allow("s3:PutObject")), "s3:GetObject") is Effect.IMPLICIT_DENY


def test_actions_ignore_case() -> None:
    assert decide(policy(allow("S3:getobject")), "s3:GetObject") is Effect.ALLOWED


def test_actions_take_wildcards() -> None:
    assert decide(policy(allow("s3:Get*")), "s3:GetObject") is Effect.ALLOWED


def test_a_policy_remembers_which_statements_are_about_an_action_and_about_no_other() -> None:
    compiled = compile_policy(policy(allow("s3:Get*"), allow("s3:PutObject", on=f"{OBJECT}/*")))

    for _ in range(2):
        assert evaluate([compiled], "s3:GetObject", OBJECT, {}).allowed
        assert not evaluate([compiled], "s3:PutObject", OBJECT, {}).allowed
        assert evaluate([compiled], "s3:PutObject", f"{OBJECT}/1", {}).allowed
        assert not evaluate([compiled], "s3:DeleteObject", OBJECT, {}).allowed


def test_a_policy_remembers_a_limited_number_of_actions() -> None:
    compiled = compile_policy(policy(allow("s3:Get*")))

    for number in range(2 * MOST_KEPT):
        assert compiled.about(f"s3:get{number}")

    assert len(compiled._about) <= MOST_KEPT


def test_resources_do_not_ignore_case() -> None:
    assert decide(policy(allow("s3:*", on="arn:aws:s3:::Bucket/*")), "s3:GetObject") is Effect.IMPLICIT_DENY


def test_not_action_is_every_other_action() -> None:
    document = policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})

    assert decide(document, "s3:GetObject") is Effect.ALLOWED
    assert decide(document, "iam:GetRole") is Effect.IMPLICIT_DENY


def test_not_resource_is_every_other_resource() -> None:
    document = policy({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::bucket/*"}, allow("*"))

    assert decide(document, "s3:GetObject") is Effect.ALLOWED
    assert decide(document, "s3:GetObject", "arn:aws:s3:::other/key") is Effect.EXPLICIT_DENY


def test_the_decision_names_the_statement() -> None:
    compiled = [
        compile_policy(policy(allow("iam:*"))),
        compile_policy(policy(allow("logs:*"), allow("s3:*"))),
    ]

    decision = evaluate(compiled, "s3:GetObject", OBJECT, {})

    assert (decision.policy, decision.statement) == (1, 1)


def test_variables_wait_for_version_2012() -> None:
    statement = allow("s3:*", on="arn:aws:s3:::bucket/${aws:username}")
    old = json.dumps({"Version": "2008-10-17", "Statement": statement})
    resource = "arn:aws:s3:::bucket/ada"

    assert decide(policy(statement), "s3:GetObject", resource, **{"aws:username": "ada"}) is Effect.ALLOWED
    assert decide(old, "s3:GetObject", resource, **{"aws:username": "ada"}) is Effect.IMPLICIT_DENY


def test_a_policy_knows_which_keys_it_asks_for() -> None:
    document = policy(
        allow(
            "s3:*",
            on="arn:aws:s3:::b/${aws:userid}",
            Condition={"StringLike": {"s3:prefix": "${aws:username}/*"}},
        )
    )

    assert compile_policy(document).context_keys == {"aws:userid", "s3:prefix", "aws:username"}


statements = st.lists(
    st.tuples(
        st.sampled_from(["Allow", "Deny"]),
        st.sampled_from(["*", "s3:*", "s3:GetObject", "s3:Put*", "iam:GetRole"]),
        st.sampled_from(["*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/key", "arn:aws:iam::1:role/r"]),
    ),
    min_size=1,
    max_size=6,
)


@given(found=statements, action=st.sampled_from(["s3:GetObject", "s3:PutObject", "iam:GetRole"]))
def test_a_deny_overrides_every_allow_in_any_order(found: list[tuple[str, str, str]], action: str) -> None:
    def document(effects: set[str]) -> str | None:
        kept = [
            {"Effect": effect, "Action": name, "Resource": resource}
            for effect, name, resource in found
            if effect in effects
        ]
        return policy(*kept) if kept else None

    denies, allows = document({"Deny"}), document({"Allow"})
    expected = Effect.IMPLICIT_DENY
    if allows and decide(allows, action) is Effect.ALLOWED:
        expected = Effect.ALLOWED
    if denies and decide(denies, action) is Effect.EXPLICIT_DENY:
        expected = Effect.EXPLICIT_DENY

    whole = document({"Allow", "Deny"})
    assert whole is not None
    assert decide(whole, action) is expected


MALFORMED: list[tuple[str, str]] = [
    ("", "Syntax errors"),
    ("[]", "JSON object"),
    ("[" * 100_000, "Syntax errors"),
    ('{"Version": "2012-10-17", "Version": "2012-10-17"}', "twice"),
    ('{"Version": "2011-01-01", "Statement": []}', "Version"),
    ('{"Version": "2012-10-17"}', "Statement"),
    ('{"Version": "2012-10-17", "Statement": []}', "Statement"),
    ('{"Version": "2012-10-17", "Statement": {}, "Extra": 1}', "Extra"),
    (policy({"Effect": "allow", "Action": "*", "Resource": "*"}), r"Statement\[0\].Effect"),
    (policy(allow("s3:*"), {"Effect": "Allow", "Resource": "*"}), r"Statement\[1\].Action"),
    (policy({"Effect": "Allow", "Action": "*"}), r"Statement\[0\].Resource"),
    (policy({"Effect": "Allow", "Action": [], "Resource": "*"}), "must contain actions"),
    (policy({"Effect": "Allow", "Action": 1, "Resource": "*"}), "list of strings"),
    (policy({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}), "not both"),
    (policy(allow("GetObject")), "prefaced by a vendor"),
    (policy(allow("s3:Get Object")), "service:Action"),
    (policy(allow("s3:*", on="my-bucket/*")), "ARN format"),
    (policy(allow("s3:*", on="arn:aws:s3")), "ARN format"),
    (policy(allow("s3:*", Principal="*")), "principal"),
    (policy(allow("s3:*", Sid="a"), allow("s3:*", Sid="a")), "unique"),
    (policy(allow("s3:*", Sid=1)), "Sid"),
    (policy(allow("s3:*", Effects="Allow")), "Effects"),
    (policy(allow("s3:*", Condition={"Equals": {"s3:prefix": "a"}})), r"Statement\[0\].Condition"),
]


@pytest.mark.parametrize(("document", "place"), MALFORMED)
def test_a_malformed_document_is_refused_with_the_place(document: str, place: str) -> None:
    with pytest.raises(MalformedPolicy, match=place):
        compile_policy(document)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Version", "Statement", "Effect", "Action", "Resource", "Principal", "Condition", "AWS"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(document=json_values, kind=st.sampled_from(list(PolicyKind)))
def test_no_document_is_refused_in_any_other_way(document: object, kind: PolicyKind) -> None:
    for text in (json.dumps(document), json.dumps({"Statement": document})):
        with contextlib.suppress(MalformedPolicy):
            compile_policy(text, kind)


def test_the_policies_of_aws_are_well_formed() -> None:
    for managed in aws_managed_policies().values():
        assert compile_policy(managed.document).statements
