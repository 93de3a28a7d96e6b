"""Evaluates the rules of one job beside it, until the job has ended.

    python -m clary.debugger.rules --config rules.json --findings findings.jsonl --output rule-output
                                   [--trial DIR|s3://...] [--profile DIR|s3://...] [--ended FILE]
                                   [--stops DIR] [--job NAME]

``rules.json`` has ``DebugRuleConfigurations`` and ``ProfilerRuleConfigurations`` as CreateTrainingJob does.
What is found goes line by line to ``--findings`` (see ``events.py``), what rules write to
``<output>/<RuleConfigurationName>/``. SIGTERM, or a file named by SAGEMAKER_ENV_RULE_STOP_SIGNAL_FILE,
asks to stop: what is there already is still judged. A trial says itself that it has ended; the file named by
``--ended``, once it is there, says the same of a job that could not. A file in ``--stops`` of a rule
configuration's name ends the evaluation of that one. Reports are headed by the name that ``--job`` gives.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from .events import EventFile
from .job import evaluate_job

STOP_FILE_VARIABLE = "SAGEMAKER_ENV_RULE_STOP_SIGNAL_FILE"


class _Stop:
    """Asked for by a signal, or by a file."""

    def __init__(self, file: str | None) -> None:
        self._event = threading.Event()
        self._file = file

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set() or (self._file is not None and os.path.exists(self._file))

    def wait(self, timeout: float) -> bool:
        return self._event.wait(timeout) or self.is_set()


def main(arguments: list[str] | None = None) -> int:
    """0 when all configurations could be evaluated to an end, whatever they found; 2 for bad arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m clary.debugger.rules", description="Evaluate a job's rules."
    )
    parser.add_argument("--config", type=Path, required=True, help="JSON with DebugRuleConfigurations")
    parser.add_argument("--findings", type=Path, required=True, help="where lines of JSON go")
    parser.add_argument("--output", type=Path, required=True, help="where rules write their reports")
    parser.add_argument("--trial", help="folder or s3:// path of the tensors")
    parser.add_argument("--profile", help="folder or s3:// path of the profile")
    parser.add_argument("--ended", type=Path, help="a file that comes into being when the job has ended")
    parser.add_argument("--stops", type=Path, help="a folder for files that name rules to stop")
    parser.add_argument("--job", default="", help="the job's name, for reports")
    given = parser.parse_args(arguments)
    try:
        configurations = json.loads(given.config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{given.config} can't be read: {error}", file=sys.stderr)
        return 2
    stop = _Stop(os.environ.get(STOP_FILE_VARIABLE))
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with EventFile(given.findings) as events:
        evaluate_job(
            configurations,
            events,
            output=given.output,
            trial=given.trial,
            profile=given.profile,
            job=given.job,
            stop=stop,
            ended=given.ended.exists if given.ended is not None else None,
            unwanted=(lambda: set(os.listdir(given.stops))) if given.stops is not None else None,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
