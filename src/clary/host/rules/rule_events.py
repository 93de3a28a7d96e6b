"""Passes on the events of an evaluator: to the server, each once and in order, and to the rule's folder.

    findings.jsonl ──┬──> ReportRules        statuses, actions, log lines, the first findings of a rule
                     └──> rules/<rule>/      findings.jsonl: all of them; rule.json: what the rule means

User code may write the file, so nothing in it is trusted: only events of the evaluator's own rules are taken.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from clary.domain.rule_events import event_flaw
from clary.domain.rules import IN_PROGRESS, STOPPING

from ..beneath import open_beneath
from ..client.service import ServiceError
from ..errors import Gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from ..client.service import Service

Event = dict[str, Any]

MOST_TOLD = 1_000
"""How many findings of one rule are written to its log. The file has all of them."""
BATCH = 200
READ_BYTES = 8 << 20
MAX_LINE_BYTES = 100_000
"""The longest event, so that a whole batch is within the limit of the server."""
FINDINGS = "findings.jsonl"
ASK_EVERY_S = 1.0
"""How often the server is asked for the status of the job when there are no events."""


class RuleEvents:
    """To be used in the agent's main thread only."""

    def __init__(
        self, service: Service, host: str, names: Iterable[str], *, root: Path, output: Path, attempt: int
    ) -> None:
        """names: of the rule configurations.

        root: the folder where the evaluator, which may be user code, writes FINDINGS. output: the folder with
        a folder for each rule, where user code can't write.
        """
        self.job_status = ""
        """The status of the job in the last answer of the server."""
        self.unwanted: list[str] = []
        """Rules whose evaluation is to be stopped."""
        self.gone = False
        self._service = service
        self._host = host
        self._root = root
        self._output = output
        self._attempt = attempt
        self._offset = 0
        self._sent = 0
        self._waiting: list[Event] = []
        self._told: dict[str, int] = {}
        self._open = dict.fromkeys(names, True)
        self._asked_at = float("-inf")

    @property
    def unfinished(self) -> list[str]:
        """Rules whose evaluation has not ended."""
        return [name for name, open_ in self._open.items() if open_]

    def add(self, event: Event) -> None:
        if event["Kind"] == "Status":
            self._open[event["RuleConfigurationName"]] = event["RuleEvaluationStatus"] in (
                IN_PROGRESS,
                STOPPING,
            )
        self._waiting.append(event)

    def say(self, text: str) -> None:
        """Writes a line into the logs of all rules."""
        for name in self._open:
            self.add({"Kind": "Log", "RuleConfigurationName": name, "Text": text})

    def said(self, lines: Sequence[bytes]) -> None:
        """Takes lines that the evaluator has printed."""
        for line in lines:
            self.say(line.decode("utf-8", "replace"))

    def follow(self, act: Callable[[Event], None], *, everything: bool = False) -> None:
        """Passes on new events; calls ``act`` with each action before. everything: until none are left.

        Raises Gone when the server accepts nothing more from this host.
        """
        for event in self._new():
            if event["Kind"] == "Action":
                act(event)
            self._keep(event)
        quiet = time.monotonic() - self._asked_at < ASK_EVERY_S
        if not self._waiting and (quiet or everything):
            return
        self._send()
        while everything and self._waiting:
            self._send()

    def _new(self) -> Iterable[Event]:
        """Returns the events of complete lines that were not read before."""
        try:
            flags = os.O_RDONLY | os.O_NONBLOCK
            with open(open_beneath(self._root, FINDINGS, flags), "rb") as file:
                file.seek(self._offset)
                content = file.read(READ_BYTES)
        except OSError:
            return  # not there yet
        lines, end, rest = content.rpartition(b"\n")
        if len(rest) == READ_BYTES:
            lines = rest  # too long a line: its rest is skipped, later lines are read
        self._offset += len(lines) + len(end)
        for line in lines.splitlines():
            if len(line) > MAX_LINE_BYTES:
                continue
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if not event_flaw(event) and event["RuleConfigurationName"] in self._open:
                yield event

    def _keep(self, event: Event) -> None:
        name = event["RuleConfigurationName"]
        if event["Kind"] == "Rule":
            self._write(name, "rule.json", "w", json.dumps(event, indent=2))
        if event["Kind"] == "Finding":
            self._write(name, "findings.jsonl", "a", json.dumps(event, separators=(",", ":")) + "\n")
            self._told[name] = self._told.get(name, 0) + 1
            if self._told[name] == MOST_TOLD:
                text = "Further findings are in findings.jsonl of the rule's output only."
                self.add({"Kind": "Log", "RuleConfigurationName": name, "Text": text})
            if self._told[name] >= MOST_TOLD:
                return
        self.add(event)

    def _write(self, name: str, file: str, mode: str, text: str) -> None:
        folder = self._output / name
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / file, mode, encoding="utf-8") as stream:
            stream.write(text)

    def _send(self) -> None:
        batch = self._waiting[:BATCH]
        request = {"Host": self._host, "Attempt": self._attempt, "First": self._sent, "Events": batch}
        try:
            answer = self._service.operation("ReportRules", request)
        except ServiceError as error:
            self.gone = True
            raise Gone(f"ReportRules was refused for good: {error}") from error
        del self._waiting[: len(batch)]
        self._sent += len(batch)
        self.job_status = str(answer["JobStatus"])
        self.unwanted = [name for name in answer["Stop"] if self._open.get(name)]
        self._asked_at = time.monotonic()
