"""Counts and lists the faults that were found, and the false alarms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.results import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.zoo.catalogue import Training
    from bench.zoo.running import Firing, Verdict


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one set of rules and one seed.

    named: faults on which a fitting rule fired. noticed: faults on which any rule fired. alarmed: healthy
    trainings on which any rule fired.
    """

    faulty: int
    named: int
    noticed: int
    healthy: int
    alarmed: int


def score(rule_set: str, verdicts: Sequence[Verdict]) -> Score:
    faulty = [verdict for verdict in verdicts if verdict.training.fault]
    healthy = [verdict for verdict in verdicts if not verdict.training.fault]
    return Score(
        faulty=len(faulty),
        named=sum(bool(fitting(each, rule_set)) for each in faulty),
        noticed=sum(bool(each.firings.get(rule_set)) for each in faulty),
        healthy=len(healthy),
        alarmed=sum(bool(each.firings.get(rule_set)) for each in healthy),
    )


def fitting(verdict: Verdict, rule_set: str) -> list[Firing]:
    """The firings of fitting rules."""
    return [each for each in verdict.firings.get(rule_set, ()) if each.rule in verdict.training.fits]


def faults_listing(rule_set: str, by_seed: Sequence[Sequence[Verdict]]) -> Listing:
    """Each fault with the firings of the first seed, and the number of seeds in which it was named."""
    rows = []
    for verdict in by_seed[0]:
        if not verdict.training.fault:
            continue
        named = fitting(verdict, rule_set)
        others = [each for each in verdict.firings.get(rule_set, ()) if each not in named]
        seeds = sum(bool(fitting(each, rule_set)) for each in _same(verdict.training, by_seed))
        rows.append((verdict.training.fault, _spell(named), _spell(others), f"{seeds} of {len(by_seed)}"))
    headings = ("fault", "named by (at step)", "also fired", "named, of seeds")
    return Listing(f"{rule_set}: the faults", headings, tuple(rows))


def alarms_listing(rule_set: str, by_seed: Sequence[Sequence[Verdict]]) -> Listing:
    """Each healthy training with the firings of the first seed, and the number of seeds with any firing."""
    rows = []
    for verdict in by_seed[0]:
        if verdict.training.fault:
            continue
        seeds = sum(bool(each.firings.get(rule_set)) for each in _same(verdict.training, by_seed))
        alarms = _spell(verdict.firings.get(rule_set, []))
        rows.append((verdict.training.name, alarms, f"{seeds} of {len(by_seed)}"))
    headings = ("healthy training", "false alarms (at step)", "alarmed, of seeds")
    return Listing(f"{rule_set}: the healthy trainings", headings, tuple(rows))


def rules_listing(rule_sets: Sequence[str], by_seed: Sequence[Sequence[Verdict]]) -> Listing:
    """For each rule of each set, over all seeds: the faults that it named, and its false alarms."""
    verdicts = [verdict for seed in by_seed for verdict in seed]
    rows = []
    for rule_set in rule_sets:
        named: Counter[str] = Counter()
        alarms: Counter[str] = Counter()
        for verdict in verdicts:
            if verdict.training.fault:
                named.update({each.rule for each in fitting(verdict, rule_set)})
            else:
                alarms.update({each.rule for each in verdict.firings.get(rule_set, ())})
        rows += [
            (rule_set, rule, str(named[rule]), str(alarms[rule]))
            for rule in sorted(named | alarms, key=lambda rule: (-named[rule], alarms[rule], rule))
        ]
    healthy = sum(not verdict.training.fault for verdict in verdicts)
    headings = ("set", "rule", "named a fault", f"alarmed a healthy training (of {healthy})")
    return Listing("each rule, over all seeds", headings, tuple(rows))


def _same(training: Training, by_seed: Sequence[Sequence[Verdict]]) -> list[Verdict]:
    return [verdict for verdicts in by_seed for verdict in verdicts if verdict.training == training]


def _spell(firings: Sequence[Firing]) -> str:
    return ", ".join(f"{each.rule} ({each.step})" for each in sorted(firings, key=lambda each: each.step))
