"""Evaluates all rule configurations of a job."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .configuration import RuleConfiguration, read_configuration
from .engine import ProfilePart, StopRequest, TrialPart, evaluate
from .errors import RuleConfigurationError
from .evaluation import Evaluation
from .parameters import build_rule
from .profile import Profile
from .profile_files import open_profile_files
from .profile_rule import ProfilerRule
from .profile_source import ProfileSource
from .rule import RuleContext, TensorRule
from .source import TrialSource
from .watch import ProfileWatch, TrialWatch, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .events import Events

MAX_INTERVAL_S = 60.0


def evaluate_job(
    configurations: Mapping[str, Any],
    events: Events,
    *,
    output: Path,
    trial: str | None = None,
    profile: str | None = None,
    job: str = "",
    since: float = 0.0,
    stop: StopRequest | None = None,
    ended: Callable[[], bool] | None = None,
    to_stop: Callable[[], set[str]] | None = None,
    s3: Any = None,
) -> None:
    """Runs all rules until trial and profile have ended, or until a stop is requested.

    configurations: ``DebugRuleConfigurations`` and ``ProfilerRuleConfigurations`` in AWS's form; either may
    be missing. An invalid configuration gets the status Error with the reason; the others are evaluated.
    output: the folder for files of rules. trial, profile: a folder or ``s3://bucket/prefix``; None if the job
    saves none. job: the job's name, for reports. since: objects from before that time (epoch seconds) are
    those of an earlier job of the same name. stop, ended, to_stop: see ``engine.evaluate``.
    s3: the client to read with.
    """
    shared = Profile(job)
    interval_s = MAX_INTERVAL_S
    evaluations: dict[bool, list[Evaluation]] = {True: [], False: []}
    for key in ("DebugRuleConfigurations", "ProfilerRuleConfigurations"):
        for document in configurations.get(key) or ():
            start = _Start(document, output, trial is not None, profile is not None, shared, s3)
            evaluation = Evaluation(
                str(document.get("RuleConfigurationName")),
                start,
                actions=start.actions,
                events=events,
                now=time.time,
            )
            evaluations[start.profiles].append(evaluation)
            interval_s = min(interval_s, start.interval_s)
    trial_part = (
        TrialPart(TrialSource(trial, s3=s3, since=since), evaluations[False]) if trial is not None else None
    )
    profile_part = None
    if profile is not None and evaluations[True]:
        files = open_profile_files(profile, s3=s3, since=since)
        source = ProfileSource(files, interval_s=interval_s)
        profile_part = ProfilePart(source, files, evaluations[True], shared)
    evaluate(trial_part, profile_part, flush=events.flush, stop=stop, ended=ended, to_stop=to_stop)


class _Start:
    """Creates the watch of one configuration when it is called. Only the call raises, not the constructor."""

    def __init__(
        self,
        document: Mapping[str, Any],
        output: Path,
        has_trial: bool,
        has_profile: bool,
        shared: Profile,
        s3: Any,
    ) -> None:
        self._output = output / str(document.get("RuleConfigurationName"))
        self._has_trial, self._has_profile = has_trial, has_profile
        self._shared = shared
        self._s3 = s3
        self.interval_s = MAX_INTERVAL_S
        """The window length that the rule wants, known after the call. The shortest of all rules is used."""
        self._configuration: RuleConfiguration | RuleConfigurationError
        try:
            self._configuration = read_configuration(document)
        except RuleConfigurationError as error:
            self._configuration = error

    @property
    def actions(self) -> tuple[Any, ...]:
        known = isinstance(self._configuration, RuleConfiguration)
        return self._configuration.actions if known else ()  # type: ignore[union-attr]

    @property
    def profiles(self) -> bool:
        """Whether it is a profiler rule."""
        known = self._configuration
        return isinstance(known, RuleConfiguration) and issubclass(known.rule, ProfilerRule)

    def __call__(self) -> Watch:
        known = self._configuration
        if isinstance(known, RuleConfigurationError):
            raise known
        rule = build_rule(known.rule, known.parameters)
        if isinstance(rule, ProfilerRule):
            self.interval_s = rule.scan_interval_us / 1e6
            if not self._has_profile:
                raise RuleConfigurationError(f"{rule.name} looks at the profile, and this job records none")
            return ProfileWatch(rule, self._shared, self._output)
        assert isinstance(rule, TensorRule)
        if not self._has_trial:
            raise RuleConfigurationError(
                f"{rule.name} looks at tensors, and this job saves none; give a DebugHookConfig"
            )
        others = tuple(TrialSource(path, s3=self._s3) for path in known.other_trials)
        return TrialWatch(rule, RuleContext(self._output, others, self._shared.job))
