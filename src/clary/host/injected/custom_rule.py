"""Evaluates one custom rule, a ``smdebug.rules.Rule``, with the real smdebug.

    python custom_rule.py --source DIR --config rules.json --findings findings.jsonl [--trial s3://...]

Runs in the environment of smdebug: Python 3.8 syntax. Writes events as the evaluator of the built-in rules
does. The rule gets its parameters as texts, as they are configured.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import time
import traceback
from typing import Any

FOR_THE_SERVICE = ("rule_to_invoke", "source_s3_uri", "action_json", "base_trial", "other_trials")
ACTIONS = {"stoptraining": "training_job_prefix", "email": "endpoint", "sms": "endpoint"}


class Lines:
    """Writes the events of the rule, each flushed before the next."""

    def __init__(self, path: str, name: str) -> None:
        self._file = open(path, "a", encoding="utf-8", buffering=1)
        self._name = name

    def say(self, kind: str, **more: Any) -> None:
        line = dict(more, Kind=kind, RuleConfigurationName=self._name)
        self._file.write(json.dumps(line) + "\n")

    def status(self, status: str, details: str = "") -> None:
        self.say("Status", RuleEvaluationStatus=status, StatusDetails=details, LastModifiedTime=time.time())


def main() -> None:
    parser = argparse.ArgumentParser()
    for option in ("--source", "--config", "--findings"):
        parser.add_argument(option, required=True)
    parser.add_argument("--trial")
    given = parser.parse_args()
    with open(given.config, encoding="utf-8") as file:
        (configuration,) = json.load(file)["DebugRuleConfigurations"]
    lines = Lines(given.findings, configuration["RuleConfigurationName"])
    try:
        evaluate(configuration.get("RuleParameters") or {}, given, lines)
    except ConfigurationError as error:
        lines.status("Error", "ClientError: %s" % error)
    except Exception as error:
        lines.say("Log", Text=traceback.format_exc())
        lines.status("Error", "RuleEvaluationError: %s: %s" % (type(error).__name__, error))


class ConfigurationError(Exception):
    """An error that the user can correct."""


def evaluate(parameters: dict[str, str], given: argparse.Namespace, lines: Lines) -> None:
    """Evaluates the rule to the end of the trial.

    The first finding sets the status; all findings are kept.
    """
    if not given.trial:
        raise ConfigurationError("the rule looks at tensors, and this job saves none; give a DebugHookConfig")
    actions = read_actions(parameters.get("action_json") or "")
    name = parameters.get("rule_to_invoke") or ""
    rule_class = find_rule(given.source, name)
    own: dict[str, Any] = {
        key: value
        for key, value in parameters.items()
        if key not in FOR_THE_SERVICE and not key.startswith("other_trial_")
    }
    trial = wait_for_trial(given.trial)
    others = [
        wait_for_trial(parameters[key])
        for key in sorted((key for key in parameters if key.startswith("other_trial_")), key=_number)
    ]
    if others:
        own["other_trials"] = others
    lines.say(
        "Rule",
        RuleName=name,
        Meaning=(rule_class.__doc__ or "").strip(),
        Remedy="",
        RuleParameters={key: value for key, value in own.items() if key != "other_trials"},
    )
    lines.status("InProgress")
    try:
        rule = rule_class(trial, **own)
    except TypeError as error:
        text = "%s can't be made with the parameters %s: %s" % (name, sorted(own), error)
        raise ConfigurationError(text) from error
    follow(rule, name, actions, lines)


def follow(rule: Any, name: str, actions: list[tuple[str, str]], lines: Lines) -> None:
    from smdebug.exceptions import (  # type: ignore[import-not-found]
        NoMoreData,
        RuleEvaluationConditionMet,
        StepUnavailable,
        TensorUnavailable,
        TensorUnavailableForStep,
    )

    step, fired = 0, False
    while True:
        try:
            rule.invoke(step)
        except (TensorUnavailableForStep, StepUnavailable, TensorUnavailable):
            pass
        except NoMoreData:
            break
        except RuleEvaluationConditionMet as met:
            text = "the condition of %s was met" % name
            lines.say(
                "Finding", Step=step, Tensor="", Value=None, Threshold=None, Message=text, Worker="",
                Mode="", ModeStep=-1, FoundAt=time.time(),
            )  # fmt: skip
            if not fired:
                fired = True
                lines.status("IssuesFound", "RuleEvaluationConditionMet: %s\n" % met)
                for action, target in actions:
                    lines.say("Action", RuleName=name, Action=action, Target=target, RequestedAt=time.time())
        step += 1
    if not fired:
        lines.status("NoIssuesFound")


def wait_for_trial(path: str) -> Any:
    """Returns smdebug's trial, which waits until the job has written its collections."""
    from smdebug.trials import create_trial  # type: ignore[import-not-found]

    return create_trial(path)


def find_rule(folder: str, name: str) -> Any:
    """Returns the class of that name in any module of the source. Raises ConfigurationError."""
    let_actions_be_left_out()
    sys.path.insert(0, folder)
    files = sorted(file for file in os.listdir(folder) if file.endswith(".py"))
    for file in files:
        found = getattr(load(os.path.join(folder, file)), name, None) if name else None
        if found is not None:
            return found
    raise ConfigurationError(
        "rule_to_invoke is %r, and no such class is in %s" % (name, ", ".join(files) or "the source")
    )


def let_actions_be_left_out() -> None:
    """Makes ``action_str`` optional: published rules call ``Rule.__init__(base_trial)`` without it."""
    from smdebug.rules.rule import Rule  # type: ignore[import-not-found]

    original = Rule.__init__

    def lenient(self: Any, base_trial: Any, action_str: str = "", other_trials: Any = None) -> None:
        original(self, base_trial, action_str, other_trials)

    Rule.__init__ = lenient


def load(path: str) -> Any:
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def read_actions(text: str) -> list[tuple[str, str]]:
    """Returns (name, target) of each action. text: one object or a list, with or without escaped quotes."""
    if text.strip() in ("", "None", "null"):
        return []
    try:
        found = json.loads(text)
    except ValueError:
        try:
            found = json.loads(text.replace('\\"', '"').strip('"'))
        except ValueError:
            raise ConfigurationError("action_json is not JSON: %s" % text) from None
    actions = []
    for entry in found if isinstance(found, list) else [found]:
        name = str(entry.get("name", "")).lower()
        if name not in ACTIONS:
            raise ConfigurationError(
                "action_json names %r; it can be %s" % (name, ", ".join(sorted(ACTIONS)))
            )
        actions.append((name, str(entry.get(ACTIONS[name]) or "")))
    return actions


def _number(key: str) -> int:
    return int(key.rpartition("_")[2])


if __name__ == "__main__":
    main()
