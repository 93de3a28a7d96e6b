"""The searches of a tuning job: one for each definition, with all that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .book import is_at_work, value_of
from .definitions import CONFIG, definitions_of
from .search import Past, Strategy, TrialSearch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.kinds.stores import Document

    from .search import Parameter, Value


def searches_of(record: Document, trials: Sequence[Document]) -> list[TrialSearch]:
    """The searches, with the parents' trials before the record's own."""
    definitions = definitions_of(record)
    ranked = record.get("WarmStartConfig", {}).get("WarmStartType") == "TransferLearning"
    found: list[TrialSearch] = []
    for definition in definitions:
        space = definition.space()
        sources = [_known(space, parent["Trials"]) for parent in record["_Parents"]]
        mine = [trial for trial in trials if trial.get("TrainingJobDefinitionName", "") == definition.name]
        sources.append([_past(space, trial) for trial in mine])
        found.append(
            TrialSearch(
                Strategy(record[CONFIG]["Strategy"]),
                record["_Seed"],
                space,
                definition.maximize,
                tuple(past for source in sources for past in (_by_rank(source) if ranked else source)),
            )
        )
    return found


def _known(space: Sequence[Parameter], trials: Sequence[Document]) -> list[Past]:
    """A parent's trials whose values are in the ranges of this job."""
    read = [(_values(space, trial["Parameters"]), trial["Value"]) for trial in trials]
    return [Past(values, value) for values, value in read if values is not None]


def _values(space: Sequence[Parameter], texts: Mapping[str, str]) -> dict[str, Value] | None:
    values: dict[str, Value] = {}
    for parameter in space:
        value = parameter.read(texts[parameter.name]) if parameter.name in texts else None
        if value is None:
            return None
        values[parameter.name] = value
    return values


def _past(space: Sequence[Parameter], trial: Document) -> Past:
    values = _values(space, trial["TunedHyperParameters"])
    assert values is not None, "a trial has values outside of the ranges that they were chosen from"
    return Past(values, value_of(trial), ended=not is_at_work(trial))


def _by_rank(source: Sequence[Past]) -> list[Past]:
    """Its objectives replaced by their ranks, 0 to 1: those of other data are not comparable as they are."""
    order = sorted({past.objective for past in source if past.objective is not None})
    last = max(len(order) - 1, 1)
    rank = {value: index / last for index, value in enumerate(order)}
    return [
        past if past.objective is None else Past(past.values, rank[past.objective], past.ended)
        for past in source
    ]
