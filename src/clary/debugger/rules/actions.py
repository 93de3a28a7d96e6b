"""The actions that a user configures for a firing rule, in the form in which clients write ``action_json``.

    StopTraining   {"name": "stoptraining", "training_job_prefix": "my-job"}
    Email          {"name": "email", "endpoint": "me@example.com"}
    SMS            {"name": "sms", "endpoint": "+491701234567"}

The evaluator only reports that an action is due. The process that started the evaluator carries it out, with
the rights of the job.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .errors import RuleParameterError

NEEDS = {"stoptraining": "training_job_prefix", "email": "endpoint", "sms": "endpoint"}
"""The name of an action, to the field that holds its target."""


@dataclass(frozen=True, slots=True)
class Action:
    """An action. name: a key of NEEDS. target: a prefix of job names, an e-mail address or a phone number."""

    name: str
    target: str


def read_actions(text: str) -> tuple[Action, ...]:
    """Parses ``action_json``: one object or a list of them; its quotes may be escaped with backslashes.

    Raises RuleParameterError.
    """
    if text.strip() in ("", "None", "null"):
        return ()
    found = _parse(text)
    return tuple(_action(text, entry) for entry in (found if isinstance(found, list) else [found]))


def _parse(text: str) -> Any:
    for form in (text, text.replace('\\"', '"'), text.replace('\\"', '"').strip().strip('"')):
        try:
            found = json.loads(form)
        except ValueError:
            continue
        if not isinstance(found, str):
            return found
    raise RuleParameterError("action_json", text, 'give JSON such as [{"name": "stoptraining"}]')


def _action(text: str, entry: Any) -> Action:
    name = str(entry.get("name", "")).lower() if isinstance(entry, dict) else ""
    if name not in NEEDS:
        raise RuleParameterError("action_json", text, f'"name" must be one of {", ".join(NEEDS)}')
    # StopTraining without a prefix means the job itself. The process that carries it out knows the job.
    target = str(entry.get(NEEDS[name]) or "")
    if not target and name != "stoptraining":
        raise RuleParameterError("action_json", text, f'"{name}" needs "{NEEDS[name]}"')
    return Action(name, target)
