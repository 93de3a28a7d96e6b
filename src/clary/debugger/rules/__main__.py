"""Evaluates the rules of one job in a process of its own, until the job has ended.

    python -m clary.debugger.rules --config rules.json --findings findings.jsonl --output rule-output
                                   [--trial DIR|s3://...] [--profile DIR|s3://...] [--ended FILE]
                                   [--stops DIR] [--job NAME] [--since SECONDS]

``rules.json`` has ``DebugRuleConfigurations`` and ``ProfilerRuleConfigurations`` in the form of
CreateTrainingJob. Events go to ``--findings`` as lines (see ``events.py``); files of a rule go to
``<output>/<RuleConfigurationName>/``.

SIGTERM, or the file that SAGEMAKER_ENV_RULE_STOP_SIGNAL_FILE names, asks to stop: data that exists by then is
still evaluated. A trial's end marker shows that the job has ended; the file that ``--ended`` names shows it
for a job without a marker. A file in ``--stops`` with the name of a rule configuration ends the evaluation of
that configuration only. ``--job`` is the job's name, for the titles of reports. ``--since`` (epoch seconds)
says when the job was created: older objects are those of an earlier job of the same name.
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
    """A request to stop, made by a signal or by a file."""

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
    """Runs the command. Returns 0 when all configurations were evaluated, 2 when ``--config`` can't be read.

    argparse ends the process for any other invalid argument.
    """
    parser = argparse.ArgumentParser(
        prog="python -m clary.debugger.rules", description="Evaluate a job's rules."
    )
    parser.add_argument("--config", type=Path, required=True, help="JSON with DebugRuleConfigurations")
    parser.add_argument("--findings", type=Path, required=True, help="file for the events, lines of JSON")
    parser.add_argument("--output", type=Path, required=True, help="folder for the reports of rules")
    parser.add_argument("--trial", help="folder or s3:// path of the tensors")
    parser.add_argument("--profile", help="folder or s3:// path of the profile")
    parser.add_argument("--ended", type=Path, help="a file that is created when the job has ended")
    parser.add_argument("--stops", type=Path, help="a folder of files that name rules to stop")
    parser.add_argument("--job", default="", help="the job's name, for reports")
    parser.add_argument("--since", type=float, default=0.0, help="leave out objects that are older")
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
            since=given.since,
            stop=stop,
            ended=given.ended.exists if given.ended is not None else None,
            to_stop=(lambda: set(os.listdir(given.stops))) if given.stops is not None else None,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
