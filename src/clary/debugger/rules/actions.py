"""What a user wants done when a rule fires, as the clients write it into ``action_json``.

    StopTraining   {"name": "stoptraining", "training_job_prefix": "my-job"}
    Email          {"name": "email", "endpoint": "me@example.com"}
    SMS            {"name": "sms", "endpoint": "+491701234567"}

The evaluator only says that an action is due; whoever started it does it, with the rights of the job.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .errors import RuleParameterError

NEEDS = {"stoptraining": "training_job_prefix", "email": "endpoint", "sms": "endpoint"}


@dataclass(frozen=True, slots=True)
class Action:
    """``name`` is a key of NEEDS; ``target`` is the prefix of the job's name, the address or the number."""

    name: str
    target: str


def read_actions(text: str) -> tuple[Action, ...]:
    """The actions of ``action_json``: one object or a list, quotes escaped or not.

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
    # Without a prefix, StopTraining means the job itself; who acts on it knows which that is.
    target = str(entry.get(NEEDS[name]) or "")
    if not target and name != "stoptraining":
        raise RuleParameterError("action_json", text, f'"{name}" needs "{NEEDS[name]}"')
    return Action(name, target)
