"""What evaluators say is kept once, and what was found stays found."""

from __future__ import annotations

from typing import Any

import pytest

from clary.domain.errors import BadRequest, NotFound
from clary.domain.rules import KIND, LOG_GROUP, rules_of
from clary.kinds.rule_evaluation.evaluation import evaluation_of
from clary.services.context import Context
from clary.services.hosts import report_rules

HOST = "training-job/digits/rules-1"
JOB = {
    "TrainingJobName": "digits",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/digits",
    "TrainingJobStatus": "InProgress",
    "CreationTime": 1000.0,
    "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
    "DebugRuleConfigurations": [
        {"RuleConfigurationName": name, "RuleParameters": {"rule_to_invoke": name}} for name in ("A", "B")
    ],
}


@pytest.fixture
def ctx(ctx: Context) -> Context:
    evaluation = evaluation_of(JOB, rules_of(JOB))
    ctx.records.insert("training-job", "digits", dict(JOB), status="InProgress")
    ctx.records.insert(KIND, "digits", {**evaluation, "Status": "InProgress"}, status="InProgress")
    ctx.logs.create_group(LOG_GROUP, ctx.now())
    for rule in evaluation["Rules"].values():
        ctx.logs.create_stream(LOG_GROUP, rule["LogStream"], ctx.now())
    return ctx


def rule_event(name: str = "A") -> dict[str, Any]:
    texts = {"Meaning": "Nothing is learned.", "Remedy": "Try ReLU."}
    return {
        "Kind": "Rule",
        "RuleConfigurationName": name,
        "RuleName": name,
        "RuleParameters": {"k": 1},
        **texts,
    }


def status(status: str, details: str = "", name: str = "A") -> dict[str, Any]:
    more = {"RuleEvaluationStatus": status, "StatusDetails": details, "LastModifiedTime": 1234.5}
    return {"Kind": "Status", "RuleConfigurationName": name, **more}


def finding(step: int, name: str = "A") -> dict[str, Any]:
    more = {"Step": step, "Tensor": "gradient/a", "Message": "mean |g| is 0", "Value": 0.0, "Threshold": 1e-7}
    return {"Kind": "Finding", "RuleConfigurationName": name, **more}


def action(kind: str, target: str) -> dict[str, Any]:
    return {"Kind": "Action", "RuleConfigurationName": "A", "RuleName": "A", "Action": kind, "Target": target}


def tell(ctx: Context, *events: dict[str, Any], first: int = 0, attempt: int = 0, host: str = HOST) -> Any:
    return report_rules(ctx, {"Host": host, "Attempt": attempt, "First": first, "Events": list(events)})


def rule(ctx: Context, name: str = "A") -> Any:
    return ctx.records.get(KIND, "digits")["Rules"][name]


def lines(ctx: Context, name: str = "A") -> list[str]:
    return [event.message for event in ctx.logs.read(LOG_GROUP, rule(ctx, name)["LogStream"])]


def test_the_details_of_a_firing_say_where_what_it_means_and_what_to_try(ctx: Context) -> None:
    tell(ctx, rule_event(), finding(5), status("IssuesFound", "RuleEvaluationConditionMet: at step 5\n"))

    assert rule(ctx)["Status"] == "IssuesFound"
    assert rule(ctx)["Details"].splitlines() == [
        "RuleEvaluationConditionMet: at step 5",
        "step 5, gradient/a: mean |g| is 0",
        "Nothing is learned.",
        "Try ReLU.",
    ]
    assert rule(ctx)["ModifiedAt"] == 1234.5
    assert rule(ctx, "B")["Status"] == "InProgress"


def test_a_batch_that_is_sent_again_is_kept_once(ctx: Context) -> None:
    tell(ctx, rule_event(), finding(5))
    tell(ctx, rule_event(), finding(5), finding(10))
    tell(ctx, finding(10), finding(15), first=2)

    assert lines(ctx) == [
        "Evaluating the rule A with k=1",
        "step 5, gradient/a: mean |g| is 0",
        "step 10, gradient/a: mean |g| is 0",
        "step 15, gradient/a: mean |g| is 0",
    ]


def test_lines_that_were_written_before_a_crash_are_not_written_again(ctx: Context) -> None:
    ctx.logs.append(LOG_GROUP, rule(ctx)["LogStream"], [(1, "step 5, gradient/a: mean |g| is 0")], ctx.now())

    tell(ctx, finding(5))

    assert lines(ctx) == ["step 5, gradient/a: mean |g| is 0"]


def test_the_notes_of_others_in_the_log_hide_no_line(ctx: Context) -> None:
    tell(ctx, finding(5))
    note = (int(ctx.now() * 1000), "The email was sent.")
    ctx.logs.append(LOG_GROUP, rule(ctx)["LogStream"], [note], ctx.now())

    tell(ctx, finding(10), first=1)

    assert [line[:8] for line in lines(ctx)] == ["step 5, ", "The emai", "step 10,"]


def test_what_was_found_stays_found_when_the_rule_is_evaluated_once_more(ctx: Context) -> None:
    tell(ctx, status("IssuesFound", "at step 5"))

    tell(ctx, status("InProgress"), status("NoIssuesFound"), first=1)

    assert rule(ctx)["Status"] == "IssuesFound"


def test_a_rule_that_fails_after_it_has_fired_is_in_error(ctx: Context) -> None:
    tell(ctx, status("IssuesFound", "at step 5"), status("Error", "it broke"))

    assert (rule(ctx)["Status"], rule(ctx)["Details"]) == ("Error", "it broke")


def test_a_stopped_job_has_no_rule_that_found_nothing(ctx: Context) -> None:
    ctx.records.update("training-job", "digits", {"_StopRequestedAt": 1100.0})

    tell(ctx, status("NoIssuesFound"))

    assert rule(ctx)["Status"] == "Stopped"


def test_messages_are_asked_for_once_and_stopping_is_not_the_servers(ctx: Context) -> None:
    tell(
        ctx, action("email", "me@example.com"), action("stoptraining", ""), action("email", "me@example.com")
    )

    asked = ctx.records.get(KIND, "digits")["Actions"]
    assert [(one["Action"], one["Target"], one["State"]) for one in asked] == [
        ("email", "me@example.com", "Due")
    ]


def test_the_answer_says_how_the_job_is_doing(ctx: Context) -> None:
    ctx.records.update("training-job", "digits", {"TrainingJobStatus": "Completed"}, status="Completed")

    assert tell(ctx) == {"JobStatus": "Completed", "Stop": []}


def test_an_evaluator_that_was_replaced_is_refused(ctx: Context) -> None:
    with pytest.raises(NotFound):
        tell(ctx, finding(5), attempt=1)
    with pytest.raises(NotFound):
        tell(ctx, finding(5), host="training-job/digits/rules-2")


def test_a_gap_in_what_is_said_is_refused(ctx: Context) -> None:
    with pytest.raises(BadRequest, match="only 0 events came before"):
        tell(ctx, finding(5), first=3)


def test_an_evaluator_speaks_for_its_own_rules_only(ctx: Context) -> None:
    ctx.records.update(KIND, "digits", {"Evaluators": {"rules-1": {"Rules": ["A"], "Attempt": 0, "Seen": 0}}})

    tell(ctx, status("Error", "forged", name="B"))

    assert rule(ctx, "B")["Status"] == "InProgress"


def test_a_log_that_the_user_has_deleted_ends_nothing(ctx: Context) -> None:
    ctx.logs.delete_group(LOG_GROUP)

    tell(ctx, status("IssuesFound", "at step 5"))

    assert rule(ctx)["Status"] == "IssuesFound"
