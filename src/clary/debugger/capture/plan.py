"""Decides what to save at which step, before any data is read.

    plan.at(mode, step)   compares integers; None at almost every step of a default configuration
      .wants(name)        a dictionary look-up from the second step on; None for a tensor that is not saved

A tensor is saved for the collections that contain it and are due at this step. A collection contains it by
name, or by the class of its module if the collection's expressions are words of ``activations``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tensors import Collection, Mode, Reductions
from .activations import COLLECTIONS, Modules, patterns_of
from .builtin import METRIC_COLLECTIONS, PLAIN_COLLECTIONS, SCALAR_COLLECTIONS, TRAIN_ONLY_COLLECTIONS
from .configuration import save_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..tensors import SaveConfig
    from ..tensors.reductions import Reduction
    from .builtin import Framework
    from .configuration import HookSettings

RAW_ONLY = Reductions((), save_raw_tensor=True)


class Want(NamedTuple):
    """What to save of one tensor.

    raw: its value. shape: its shape. metric: its mean, as a metric of the job. curve: a scalar, for
    TensorBoard. histogram: a histogram for TensorBoard, under the name of this collection; empty: none.
    """

    raw: bool
    reductions: tuple[Reduction, ...] = ()
    shape: bool = False
    metric: bool = False
    curve: bool = False
    histogram: str = ""


class _Schedule:
    """A SaveConfig, prepared for a fast question at every step."""

    __slots__ = ("end", "interval", "start", "steps")

    def __init__(self, config: SaveConfig) -> None:
        self.steps = frozenset(config.save_steps)
        self.interval = config.save_interval
        self.start = config.start_step
        self.end = config.end_step

    def due(self, step: int) -> bool:
        if step in self.steps:
            return True
        return step % self.interval == 0 and step >= self.start and (self.end is None or step < self.end)


class StepPlan:
    """The collections that are due at a step, and what they save of each tensor.

    Steps with the same collections share one object, so that its answers are computed once.
    """

    def __init__(self, plan: Plan, names: frozenset[str]) -> None:
        self.collections = names
        self._plan = plan
        self._known: dict[str, Want | None] = {}

    def wants(self, name: str) -> Want | None:
        """What to save of a tensor; None: nothing."""
        try:
            return self._known[name]
        except KeyError:
            want = self._known[name] = self._plan.want(name, self.collections)
            return want

    @property
    def needs_modules(self) -> bool:
        """Whether calls of all modules must be watched: more is due than parameters, gradients and losses."""
        return not self.collections <= self._plan.plain

    @property
    def needs_activations(self) -> bool:
        """Whether activations are due. These can also be functions, without a module."""
        return not self._plan.activations.keys().isdisjoint(self.collections)


class Plan:
    """The configuration of a hook for one framework.

    ``collections``: all collections with the names of their tensors so far, for the collections file.
    ``activations``: by collection, the activation patterns of its expressions.
    """

    def __init__(self, settings: HookSettings, framework: Framework) -> None:
        """Raises ValueError for a collection that can't contain any tensor."""
        self.settings = settings
        self.framework = framework
        self.collections = _collections(settings, framework)
        self._saved = _saved(settings, framework, self.collections)
        self._patterns = {
            name: tuple(re.compile(pattern) for pattern in self.collections[name].include_regex)
            for name in self._saved
        }
        self.activations = {
            name: patterns
            for name in self._saved
            if framework.by_class and (patterns := patterns_of(self.collections[name].include_regex))
        }
        self._modules = Modules({})
        self._schedules = {mode: self._schedules_of(mode) for mode in Mode}
        self._plans: dict[frozenset[str], StepPlan] = {}
        untouched = {
            name
            for name in self._saved
            if self.collections[name].include_regex == tuple(framework.collections.get(name, ("",)))
        }
        self.plain = frozenset(untouched & PLAIN_COLLECTIONS)

    def set_module_classes(self, classes: Mapping[str, str]) -> None:
        """Sets the class of each module. Call it before the tensors of these modules are asked for.

        classes: the prefix of a module's tensor names, to its class name.
        """
        if self.activations:
            self._modules = Modules(classes)
            self._plans.clear()

    def at(self, mode: Mode, step: int) -> StepPlan | None:
        """What is due at a step; None: nothing. step: counted within the mode."""
        due = None
        for schedule, names in self._schedules[mode]:
            if schedule.due(step):
                due = names if due is None else due | names
        if due is None:
            return None
        plan = self._plans.get(due)
        if plan is None:
            plan = self._plans[due] = StepPlan(self, due)
        return plan

    def wants(self, name: str, mode: Mode, step: int) -> Want | None:
        """What to save of a tensor at a step; None: nothing."""
        plan = self.at(mode, step)
        return None if plan is None else plan.wants(name)

    def want(self, name: str, due: frozenset[str]) -> Want | None:
        """What the collections ``due`` save of a tensor; None: nothing.

        Adds the name to the collections that contain the tensor.
        """
        matching = [
            collection
            for collection in due
            if name in self.collections[collection].tensor_names
            or any(pattern.search(name) for pattern in self._patterns[collection])
            or (collection in self.activations and self._modules.matches(name, self.activations[collection]))
        ]
        for collection in matching:
            self._add_name(collection, name)
        return self._merged(sorted(matching)) if matching else None

    def add(self, name: str, collections: tuple[str, ...]) -> Want:
        """Adds a tensor that the script saves itself to collections, and creates those that do not exist."""
        for collection in collections:
            if collection not in self.collections:
                self.collections[collection] = Collection(collection, reductions=RAW_ONLY)
            self._add_name(collection, name)
        return self._merged(sorted(collections)) or Want(raw=True)

    def assign(self, name: str, collection: str) -> None:
        """Adds a tensor to a collection by name. Call it before the tensor is asked for."""
        if name not in self.collections[collection].tensor_names:
            self._add_name(collection, name)
            self._plans.clear()

    def _add_name(self, collection: str, name: str) -> None:
        known = self.collections[collection]
        if name not in known.tensor_names:
            self.collections[collection] = known._replace(tensor_names=known.tensor_names | {name})

    def _merged(self, names: list[str]) -> Want | None:
        configured = [self.collections[name].reductions or RAW_ONLY for name in names]
        words: dict[Reduction, None] = {}
        for each in configured:
            words.update(dict.fromkeys(each.reductions))
        histograms = [
            name for name in names if name not in SCALAR_COLLECTIONS and self.collections[name].save_histogram
        ]
        return Want(
            raw=any(each.save_raw_tensor for each in configured),
            reductions=tuple(words),
            shape=any(each.save_shape for each in configured),
            metric=any(name in METRIC_COLLECTIONS for name in names),
            curve=any(name in SCALAR_COLLECTIONS for name in names),
            histogram=min(histograms, key=_by_specificity) if histograms else "",
        )

    def _schedules_of(self, mode: Mode) -> tuple[tuple[_Schedule, frozenset[str]], ...]:
        by_config: dict[SaveConfig, set[str]] = {}
        for name in self._saved:
            if mode in (Mode.EVAL, Mode.PREDICT) and name in TRAIN_ONLY_COLLECTIONS:
                continue
            save = self.collections[name].save
            assert save is not None
            by_config.setdefault(save[mode], set()).add(name)
        return tuple((_Schedule(config), frozenset(names)) for config, names in by_config.items())


def _by_specificity(collection: str) -> tuple[bool, str]:
    """A sort key: specific collections first, then ``all`` and ``default``."""
    return collection in ("all", "default"), collection


def _collections(settings: HookSettings, framework: Framework) -> dict[str, Collection]:
    defaults = {"save_interval": framework.save_interval}
    found = {name: Collection(name, tuple(patterns)) for name, patterns in framework.collections.items()}
    found["all"] = Collection("all", (".*",))
    if settings.include_regex:
        found["default"] = found["default"]._replace(include_regex=settings.include_regex)
    given: Mapping[str, Any] = {each.name: each for each in settings.collections}
    for each in settings.collections:
        known = found.get(each.name, Collection(each.name))
        patterns = each.include_regex or COLLECTIONS.get(each.name, ())
        found[each.name] = known._replace(
            include_regex=(*known.include_regex, *patterns),
            reductions=each.reductions,
            save_histogram=each.save_histogram is not False,
        )
    for name, collection in found.items():
        own = given[name].save if name in given else {}
        reductions = collection.reductions or settings.reductions or RAW_ONLY
        found[name] = collection._replace(
            reductions=RAW_ONLY if name in SCALAR_COLLECTIONS else reductions,
            save={mode: save_config(own.get(mode, {}), settings.save[mode], defaults) for mode in Mode},
            save_histogram=collection.save_histogram and name not in SCALAR_COLLECTIONS,
        )
    return found


def _saved(
    settings: HookSettings, framework: Framework, collections: Mapping[str, Collection]
) -> tuple[str, ...]:
    names = [*framework.always, *(each.name for each in settings.collections)]
    if settings.include_regex:
        names.append("default")
    if settings.save_all or "all" in names:
        names = [name for name in collections if name != "all"] + ["all"]
    for name in names:
        known = name in framework.collections or name == "all"
        if not known and not collections[name].include_regex:
            raise ValueError("the collection {!r} has no include_regex, so nothing can be in it".format(name))
    return tuple(dict.fromkeys(names))
