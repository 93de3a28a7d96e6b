"""What is saved and when, decided before any data is touched.

    plan.at(mode, step)   a comparison of integers; None at nearly every step of a default configuration
      .wants(name)        a dictionary look-up from the second step on; None for what is left alone

A tensor is saved with the collections that it belongs to and that are due at this step. It belongs to one by
name, or by the class of its module where the collection's expressions are words that mean one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..tensors import Collection, Mode, Reductions
from .activations import COLLECTIONS, Modules, meanings_of
from .builtin import METRIC_COLLECTIONS, PLAIN_COLLECTIONS, SCALAR_COLLECTIONS, TRAIN_ONLY_COLLECTIONS
from .configuration import save_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..tensors import SaveConfig
    from ..tensors.reductions import Reduction
    from .builtin import Framework
    from .configuration import Settings

RAW_ONLY = Reductions((), save_raw_tensor=True)


class Want(NamedTuple):
    """What is to be saved of one tensor.

    metric: its mean is one of the job's metrics. curve: TensorBoard shows it as a scalar.
    histogram: the collection under whose name TensorBoard gets a histogram; empty: none.
    """

    raw: bool
    reductions: tuple[Reduction, ...] = ()
    shape: bool = False
    metric: bool = False
    curve: bool = False
    histogram: str = ""


class _Schedule:
    """A SaveConfig in the form that is asked at every step."""

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
    """The collections that are due at a step, and what they want of each tensor. One for all like steps."""

    def __init__(self, plan: Plan, names: frozenset[str]) -> None:
        self.collections = names
        self._plan = plan
        self._known: dict[str, Want | None] = {}

    def wants(self, name: str) -> Want | None:
        try:
            return self._known[name]
        except KeyError:
            want = self._known[name] = self._plan.want(name, self.collections)
            return want

    @property
    def beyond(self) -> bool:
        """Whether something is due beyond parameters, gradients, losses and metrics."""
        return not self.collections <= self._plan.plain

    @property
    def activations(self) -> bool:
        """Whether activations are due, which may be functions that no module stands for."""
        return not self._plan.meanings.keys().isdisjoint(self.collections)


class Plan:
    """A configuration for one framework. ``collections`` goes into the trial; more may be added by name."""

    def __init__(self, settings: Settings, framework: Framework) -> None:
        """Raises ValueError for a collection that can't hold anything."""
        self.settings = settings
        self.framework = framework
        self.collections = _collections(settings, framework)
        self._saved = _saved(settings, framework, self.collections)
        self._patterns = {
            name: tuple(re.compile(pattern) for pattern in self.collections[name].include_regex)
            for name in self._saved
        }
        self.meanings = {
            name: meanings
            for name in self._saved
            if framework.by_class and (meanings := meanings_of(self.collections[name].include_regex))
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

    def describe(self, classes: Mapping[str, str]) -> None:
        """Tells the classes of modules by the names that their tensors begin with, before these are asked."""
        if self.meanings:
            self._modules = Modules(classes)
            self._plans.clear()

    def at(self, mode: Mode, step: int) -> StepPlan | None:
        """What is due; None when nothing is. step: counted within the mode."""
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
        """What is to be saved of a tensor at a step; None: nothing."""
        plan = self.at(mode, step)
        return None if plan is None else plan.wants(name)

    def want(self, name: str, due: frozenset[str]) -> Want | None:
        """What the collections ``due`` want of a tensor. Remembers what belongs where."""
        matching = [
            collection
            for collection in due
            if name in self.collections[collection].tensor_names
            or any(pattern.search(name) for pattern in self._patterns[collection])
            or (collection in self.meanings and self._modules.mean(name, self.meanings[collection]))
        ]
        for collection in matching:
            self._remember(collection, name)
        return self._joined(sorted(matching)) if matching else None

    def add(self, name: str, collections: tuple[str, ...]) -> Want:
        """Puts a tensor that a script saves by hand into collections, new ones among them."""
        for collection in collections:
            if collection not in self.collections:
                self.collections[collection] = Collection(collection, reductions=RAW_ONLY)
            self._remember(collection, name)
        return self._joined(sorted(collections)) or Want(raw=True)

    def put(self, name: str, collection: str) -> None:
        """Tells that a tensor belongs to a collection, before it is asked for."""
        if name not in self.collections[collection].tensor_names:
            self._remember(collection, name)
            self._plans.clear()

    def _remember(self, collection: str, name: str) -> None:
        known = self.collections[collection]
        if name not in known.tensor_names:
            self.collections[collection] = known._replace(tensor_names=known.tensor_names | {name})

    def _joined(self, names: list[str]) -> Want | None:
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
            histogram=min(histograms, key=_telling) if histograms else "",
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


def _telling(collection: str) -> tuple[bool, str]:
    """Sorts the collections that say least about a tensor to the end."""
    return collection in ("all", "default"), collection


def _collections(settings: Settings, framework: Framework) -> dict[str, Collection]:
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
    settings: Settings, framework: Framework, collections: Mapping[str, Collection]
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
