"""Evaluates rules on all steps of a trial. Prints seconds, CPU seconds, steps and the number of firings.

``library``: smdebug, with a custom rule for vanishing gradients; or clary, with the given rule
configurations. Runs in a Python that has the library.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def smdebug(path: str, steps: int, threshold: float) -> Callable[[], int]:
    import numpy as np
    from smdebug.rules import Rule
    from smdebug.rules.rule_invoker import invoke_rule
    from smdebug.trials import create_trial

    fired = []

    class Vanishing(Rule):
        def invoke_at_step(self, step: int) -> bool:
            for name in self.base_trial.tensor_names(collection="gradients"):
                if np.abs(self.base_trial.tensor(name).value(step)).mean() < threshold:
                    fired.append(step)
                    return True
            return False

    def evaluate() -> int:
        invoke_rule(Vanishing(create_trial(path), action_str=""), start_step=0, end_step=steps)
        return len(fired)

    return evaluate


def clary(path: str, configurations: list[dict[str, Any]]) -> Callable[[], int]:
    from clary.debugger.rules import EventFile, built_in_rules, evaluate_job

    built_in_rules()  # their modules are imported on first use

    def evaluate() -> int:
        with tempfile.TemporaryDirectory() as folder:
            findings = Path(folder, "findings.jsonl")
            with EventFile(findings) as events:
                rules = {"DebugRuleConfigurations": configurations}
                evaluate_job(rules, events, output=Path(folder), trial=path)
            told = [json.loads(line) for line in findings.read_text().splitlines()]
        failed = [each for each in told if each.get("RuleEvaluationStatus") == "Error"]
        if failed:
            raise RuntimeError(f"a rule could not be evaluated: {failed[0]}")
        return len({each["Step"] for each in told if each["Kind"] == "Finding"})

    return evaluate


def main(library: str, path: str, steps: int, **options: Any) -> dict[str, float]:
    evaluate = smdebug(path, steps, **options) if library == "smdebug" else clary(path, **options)
    began, cpu = time.perf_counter(), time.process_time()
    fired = evaluate()
    cpu_s = time.process_time() - cpu
    return {"s": time.perf_counter() - began, "cpu_s": cpu_s, "steps": steps, "fired": fired}


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
