"""What a training job's rules have said: each firing at its step, with the rule's own words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import NotFound
from clary.domain.rule_events import event_flaw
from clary.domain.rules import KIND, LOG_GROUP, STATUSES_OF, rule_output_uri, rules_of
from clary.kinds.training_job import KIND as TRAINING

from ._request import count_of, require, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.domain.rules import JobRule
    from clary.services.context import Context, Document, Record

MOST_FIRINGS = 2_000
MOST_BYTES = 4 << 20
"""Of a rule's file that are read."""
MOST_WORDS = 2_000
_LINE = re.compile(r"step (-?\d{1,18})(?:, ([^:]+))?: (.*)", re.DOTALL)


def get_rule_findings(ctx: Context, request: dict[str, object]) -> Document:
    """TrainingJobName: of which job. Most: of each rule, at most so many firings, the first ones.

    Returns Rules: name, status, when it changed, details, what the rule means and what to try, where its
    files are, Firings (Step, Tensor, Message) and Count, the number of all of them. Count is None where only
    a part is known, because the rule still runs or wrote more than is read.
    """
    name = text_of(request, "TrainingJobName", most=63)
    most = count_of(request, "Most", default=200, least=1, most=MOST_FIRINGS)
    require(
        ctx,
        "sagemaker:DescribeTrainingJob",
        sagemaker_arn(ctx.region, ctx.account, TRAINING.record_kind, name),
    )
    job = ctx.records.find(TRAINING.record_kind, name)
    if job is None:
        raise TRAINING.not_found(name)
    statuses = {
        status["RuleConfigurationName"]: status
        for member in STATUSES_OF.values()
        for status in job.get(member) or ()
    }
    evaluation = ctx.records.find(KIND, name) or {}
    return {
        "Rules": [
            _told(ctx, job, rule, statuses.get(rule.name, {}), evaluation, most) for rule in rules_of(job)
        ]
    }


def _told(
    ctx: Context, job: Record, rule: JobRule, status: Document, evaluation: Record, most: int
) -> Document:
    kept = evaluation.get("Rules", {}).get(rule.name, {})
    output = rule_output_uri(job, rule)
    firings, count = _of_file(ctx, f"{output}findings.jsonl", most)
    if count == 0:
        firings, count = _of_log(ctx, kept.get("LogStream", ""), most)
    return {
        "RuleConfigurationName": rule.name,
        "RuleName": kept.get("Rule", {}).get("RuleName", ""),
        "Parameters": rule.configuration.get("RuleParameters", {}),
        "Status": status.get("RuleEvaluationStatus", ""),
        "LastModifiedTime": status.get("LastModifiedTime"),
        "Details": status.get("StatusDetails", ""),
        "JobArn": status.get("RuleEvaluationJobArn", ""),
        "Meaning": kept.get("Rule", {}).get("Meaning", ""),
        "Remedy": kept.get("Rule", {}).get("Remedy", ""),
        "LogStream": kept.get("LogStream", ""),
        "Output": output,
        "Firings": firings,
        "Count": count,
    }


def _of_file(ctx: Context, uri: str, most: int) -> tuple[list[Document], int | None]:
    """The firings in a rule's file. The file is written by a host, and may have been replaced by anybody."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not ctx.may("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}"):
        return [], 0
    opened = ctx.blobs.objects.open(bucket, key)
    if opened is None:
        return [], 0
    try:
        content = opened.read(MOST_BYTES + 1, 0)
    finally:
        opened.close()
    whole, _, _ = content.rpartition(b"\n")
    firings = list(_firings(whole.splitlines()))
    return firings[:most], len(firings) if len(content) <= MOST_BYTES else None


def _firings(lines: list[bytes]) -> Iterator[Document]:
    for line in lines:
        try:
            event: Any = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not event_flaw(event) and event["Kind"] == "Finding":
            yield _firing(event["Step"], event["Tensor"], event["Message"])


def _of_log(ctx: Context, stream: str, most: int) -> tuple[list[Document], int | None]:
    """The firings in a rule's log, which has the first of them while the rule runs."""
    if not stream:
        return [], 0
    try:
        with ctx.logs.lines(LOG_GROUP, [stream], 0) as (_, lines):
            said = [line.message for line, _ in zip(lines, range(10_000), strict=False)]
    except NotFound:
        return [], 0  # the user has deleted the log
    matched = [found for message in said if (found := _LINE.fullmatch(message)) is not None]
    firings = [_firing(int(found[1]), found[2] or "", found[3]) for found in matched]
    return firings[:most], None if firings else 0


def _firing(step: int, tensor: str, message: str) -> Document:
    return {"Step": step, "Tensor": tensor[:MOST_WORDS], "Message": message[:MOST_WORDS]}
