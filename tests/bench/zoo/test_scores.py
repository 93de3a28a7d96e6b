from __future__ import annotations

import json
from pathlib import Path

from bench.zoo.catalogue import Training
from bench.zoo.running import Firing, Verdict, read_verdict
from bench.zoo.scores import Score, alarms_listing, faults_listing, rules_listing, score

SICK = Training("sick", "digits", "a fault", frozenset({"DeadRelu"}))
WELL = Training("well", "digits")


def verdict(training: Training, **rules: int) -> Verdict:
    """A verdict with firings of the set ``s``: rules and their steps."""
    firings = [Firing(rule, step, "tensor", "message") for rule, step in rules.items()]
    return Verdict(training, {"s": firings} if firings else {}, [])


def test_a_fault_is_named_by_a_fitting_rule_only() -> None:
    found = [verdict(SICK, AllZero=0), verdict(SICK, AllZero=0, DeadRelu=3), verdict(SICK)]

    assert score("s", found) == Score(faulty=3, named=1, noticed=2, healthy=0, alarmed=0)


def test_any_firing_on_a_healthy_training_is_a_false_alarm() -> None:
    found = [verdict(WELL, DeadRelu=0), verdict(WELL)]

    assert score("s", found) == Score(faulty=0, named=0, noticed=0, healthy=2, alarmed=1)


def test_firings_of_another_set_do_not_count() -> None:
    assert score("other", [verdict(SICK, DeadRelu=0), verdict(WELL, DeadRelu=0)]).named == 0


def test_the_lists_show_the_first_seed_and_count_all() -> None:
    seeds = [
        [verdict(SICK, Overfit=9, DeadRelu=20, AllZero=4), verdict(WELL)],
        [verdict(SICK), verdict(WELL, AllZero=7)],
    ]

    assert faults_listing("s", seeds).rows == (
        ("a fault", "DeadRelu (20)", "AllZero (4), Overfit (9)", "1 of 2"),
    )
    assert alarms_listing("s", seeds).rows == (("well", "", "1 of 2"),)
    assert rules_listing(["s"], seeds).rows == (("s", "DeadRelu", "1", "0"), ("s", "AllZero", "0", "1"))


def test_a_verdict_has_the_first_firing_of_each_rule_and_the_errors(tmp_path: Path) -> None:
    def finding(name: str, step: int) -> dict[str, object]:
        return {"Kind": "Finding", "RuleConfigurationName": name, "Step": step, "Tensor": "t", "Message": "m"}

    def status(name: str, text: str) -> dict[str, object]:
        return {
            "Kind": "Status",
            "RuleConfigurationName": name,
            "RuleEvaluationStatus": text,
            "StatusDetails": "why",
        }

    lines = [
        status("a.DeadRelu", "InProgress"),
        finding("a.DeadRelu", 5),
        finding("a.DeadRelu", 6),
        status("a.DeadRelu", "IssuesFound"),
        status("b.Overfit", "Error"),
    ]
    path = tmp_path / "findings.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))

    found = read_verdict(SICK, path)

    assert found.firings == {"a": [Firing("DeadRelu", 5, "t", "m")]}
    assert found.errors == ["sick: b.Overfit: why"]
