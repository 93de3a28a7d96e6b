"""A recipe: everything that determines the content of an environment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class InstallStep:
    """One call of the installer: requirements, and options of uv (``--no-deps``)."""

    requirements: tuple[str, ...]
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image name, resolved for this machine.

    python: the minor version, ``3.11``. keep_out: packages never installed, though others ask for them.
    shims: folders of ``shims/`` copied in. algorithm: the module to run with ``python -m`` when a job
    brings no script, or empty. serving: the framework of its serving contract, or empty. note: what differs
    from the image that was asked for, as a sentence for the job's record, or empty. Both do not change what
    is built.
    """

    family: str
    version: str
    python: str
    steps: tuple[InstallStep, ...]
    keep_out: tuple[str, ...] = ()
    shims: tuple[str, ...] = ()
    shims_digest: str = ""
    """A hash of the shims' files, so that a changed shim makes a new environment."""
    algorithm: str = ""
    script_mode: bool = True
    serving: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def name(self) -> str:
        """Returns a text for readers: ``pytorch-training 2.13.0 (Python 3.11)``."""
        return f"{self.family} {self.version} (Python {self.python})"

    @property
    def packages(self) -> tuple[str, ...]:
        """Returns all requirements, in the order of installation."""
        return tuple(requirement for step in self.steps for requirement in step.requirements)

    @property
    def key(self) -> str:
        """Returns the name of the environment: a readable part and a hash of the content."""
        content = [
            self.family,
            self.version,
            self.python,
            [[step.requirements, step.options] for step in self.steps],
            self.keep_out,
            self.shims,
            self.shims_digest,
            sorted(self.variables.items()),
        ]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]
        return f"{self.family}-{self.version}-py{self.python}-{digest}"
