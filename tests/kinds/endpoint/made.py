"""Records of endpoints, and what is seen of their hosts."""

from __future__ import annotations

from typing import Any

from clary.domain.hosts import HostReport, Outcome, Phase
from clary.kinds.decision import HostSeen, Seen
from clary.kinds.endpoint.cluster import hosts
from clary.kinds.endpoint.state import next_state
from clary.kinds.kind import Kind
from clary.runner.staying import with_restarts

Document = dict[str, Any]

NOW = 1_790_000_000.0
ARN = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/digits"
ROLE = "arn:aws:iam::111122223333:role/serving"
SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}


def variant(name: str = "AllTraffic", **members: Any) -> Document:
    return {
        "VariantName": name,
        "ModelName": "digits",
        "RoleArn": ROLE,
        "Containers": [{"Image": "pytorch-inference:2.6", "ModelDataUrl": "s3://bucket/model.tar.gz"}],
        "Direct": False,
        "Mode": "SingleModel",
        "InstanceType": "ml.m5.large",
        "InstanceCount": 1,
        "Weight": 1.0,
        "StartupTimeoutS": 600.0,
        "VolumeSizeInGB": None,
        **members,
    }


def generation(number: int = 1, state: str = "starting", *variants: Document, **members: Any) -> Document:
    return {
        "Id": number,
        "EndpointConfigName": f"config-{number}",
        "State": state,
        "Since": NOW,
        "ServerlessIdleS": 300.0,
        "Variants": list(variants) or [variant()],
        **members,
    }


def endpoint(*generations: Document, **members: Any) -> Document:
    return {
        "EndpointName": "digits",
        "EndpointArn": ARN,
        "EndpointConfigName": "config-1",
        "EndpointStatus": "Creating",
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        "_Generations": list(generations) or [generation()],
        **members,
    }


def report(*phases: str, outcome: str = "", reason: str = "") -> Document:
    return HostReport(tuple((phase, NOW) for phase in phases), outcome, reason).to_document()


RUNNING = report(Phase.STARTING, Phase.DOWNLOADING, Phase.RUNNING)


class Life:
    """A record and its hosts; ``step`` changes them as the loop does."""

    def __init__(self, kind: Kind, record: Document) -> None:
        self.kind = kind
        self.record = record
        self.hosts: dict[str, HostSeen] = {}
        self.refused: dict[str, str] = {}
        self.now = NOW
        self.deleted = False
        self.finished = False

    @property
    def status(self) -> str:
        return str(self.record["EndpointStatus"])

    @property
    def names(self) -> list[str]:
        return sorted(self.hosts)

    def step(self, seconds: float = 0.0) -> None:
        """One look of the loop, some time later: hosts that are asked to end have ended by the next one."""
        self.now += seconds
        decision = next_state(self.record, Seen(list(self.hosts.values()), self.refused), self.now)
        decision = with_restarts(self.kind, self.record, list(self.hosts.values()), decision, self.now)
        self.record.update(decision.changes)
        self.finished, self.deleted = decision.finished, decision.delete
        for name in decision.restart:
            del self.hosts[name]
        named = [] if decision.hosts.value == "none" else [host.name for host in hosts(self.record)]
        for name in self.hosts:
            if name not in named and not decision.finished:
                self.ends(name, Outcome.STOPPED)
        for name in named:
            if name not in self.refused:
                self.hosts.setdefault(name, HostSeen(name, None, exited=False))
        self.record["_Hosts"] = dict.fromkeys(self.hosts, "handle")
        self.record["_Reports"] = {name: host.report for name, host in self.hosts.items() if host.report}

    def settle(self, seconds: float = 2.0) -> None:
        """Several looks, until nothing more follows at this time."""
        for _ in range(6):
            self.step(seconds)
            seconds = 0.0

    def serves(self, *names: str) -> None:
        for name in names or self.names:
            self.hosts[name] = HostSeen(name, RUNNING, exited=False)

    def ends(self, name: str, outcome: str, reason: str = "") -> None:
        self.hosts[name] = HostSeen(name, report(Phase.STARTING, outcome=outcome, reason=reason), exited=True)

    def in_use(self, name: str, used: bool = True) -> None:
        self.hosts[name] = HostSeen(name, RUNNING, exited=False, in_use=used)
