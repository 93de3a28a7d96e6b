"""``--rule NAME:PARAMETER=VALUE:stop`` as members of a CreateTrainingJob request: the rule, the collections
to capture for it, and its action.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clary.cli.console import fail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Document = dict[str, Any]

IMAGE = "sagemaker-debugger-rules:latest"

STOP = "stop"
"""The word among a rule's parameters that adds the action StopTraining."""

SAVE_INTERVAL = "50"
"""Steps between two captures, unless the rule has a ``save_interval``."""


def rule_members(specs: Sequence[str] | None, output: str) -> Document:
    """Returns the members of the request for all rules. output: s3:// folder of tensors and findings."""
    from clary.debugger.rules.catalogue import built_in_rules
    from clary.debugger.rules.profile_rule import ProfilerRule

    known = built_in_rules()
    over_tensors: list[Document] = []
    over_profile: list[Document] = []
    collections: dict[str, Document] = {}
    for spec in specs or ():
        name, *words = spec.split(":")
        if name not in known:
            from clary.cli.experiment_queries import offered

            fail(f"--rule {spec}: there is no rule {name}{offered(name, sorted(known))}")
        parameters = _parameters(spec, words)
        interval = parameters.pop("save_interval", SAVE_INTERVAL)
        rule = {
            "RuleConfigurationName": name,
            "RuleEvaluatorImage": IMAGE,
            "RuleParameters": {"rule_to_invoke": name, **parameters},
        }
        rule_class = known[name]
        if issubclass(rule_class, ProfilerRule):
            over_profile.append(rule)
            continue
        over_tensors.append(rule)
        for collection in rule_class.default_collections:
            collections.setdefault(
                collection,
                {"CollectionName": collection, "CollectionParameters": {"save_interval": interval}},
            )
    return _members(over_tensors, over_profile, collections.values(), output)


def _members(
    over_tensors: list[Document], over_profile: list[Document], collections: Iterable[Document], output: str
) -> Document:
    members: Document = {}
    if over_tensors:
        members["DebugRuleConfigurations"] = over_tensors
        members["DebugHookConfig"] = {
            "S3OutputPath": output,
            "CollectionConfigurations": list(collections),
        }
    if over_profile:
        members["ProfilerRuleConfigurations"] = over_profile
        members["ProfilerConfig"] = {"S3OutputPath": output, "ProfilingIntervalInMilliseconds": 500}
    return members


def _parameters(spec: str, words: Sequence[str]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for word in words:
        name, separator, value = word.partition("=")
        if separator and name:
            parameters[name] = value
        elif word == STOP:
            parameters["action_json"] = json.dumps([{"name": "stoptraining"}])
        else:
            fail(f"--rule {spec}: {word!r} is no PARAMETER=VALUE, nor {STOP}")
    return parameters
