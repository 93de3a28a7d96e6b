"""Which planted faults the rules find in real trainings, and their false alarms. A round is one seed."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bench.harness.results import Result
from bench.zoo.catalogue import trainings
from bench.zoo.rule_sets import SETS
from bench.zoo.running import run
from bench.zoo.scores import alarms_listing, faults_listing, rules_listing, score

if TYPE_CHECKING:
    from bench.harness.bench import Bench
    from bench.zoo.running import Verdict

AT_ONCE = 2
NAMED, NOTICED, ALARMED = "faults named", "faults at which anything fired", "healthy, with a false alarm"


def measure(bench: Bench) -> Result:
    result = Result("Fault zoo: what the rules find")
    by_seed = [_verdicts(bench, seed) for seed in range(bench.rounds)]
    scores = {name: [score(name, verdicts) for verdicts in by_seed] for name in SETS}
    faulty, healthy = scores[SETS[0]][0].faulty, scores[SETS[0]][0].healthy
    for name, found in scores.items():
        result.add(NAMED, name, f"of {faulty}", [float(each.named) for each in found])
        result.add(NOTICED, name, f"of {faulty}", [float(each.noticed) for each in found])
        result.add(ALARMED, name, f"of {healthy}", [float(each.alarmed) for each in found])
    for name in SETS:
        result.listings += [faults_listing(name, by_seed), alarms_listing(name, by_seed)]
    result.listings.append(rules_listing(SETS, by_seed))
    result.notes += sorted({error for verdicts in by_seed for each in verdicts for error in each.errors})
    result.notes.append(
        f"{faulty} trainings with a fault and {healthy} without, {bench.rounds} seeds; lists are of seed 0"
    )
    return result


def _verdicts(bench: Bench, seed: int) -> list[Verdict]:
    """Runs two trainings at the same time: each has one thread, and the results do not depend on time."""
    zoo = trainings()
    found: list[Verdict] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for verdict in pool.map(lambda each: run(each, seed, bench.folder / f"{each.name}-{seed}"), zoo):
            found.append(verdict)
            print(f"seed {seed}: {len(found)} of {len(zoo)} trainings", file=sys.stderr, flush=True)
    return found
