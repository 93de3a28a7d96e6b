"""Looks at an XGBoost training after each round, through a callback added to ``xgboost.train`` and ``cv``.

The scikit-learn classes call the same function. A step is a boosting round; what only exists inside the
model (importances, SHAP values, trees, predictions) is computed at steps that save it, and not otherwise.
A cross-validation trains a model for each fold: its metrics, means over the folds, and parameters are saved.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensors import Mode
from .builtin import XGBOOST
from .checkpoints import checkpoints_of_this_job
from .guard import guarded
from .hook import Hook
from .worker import Worker
from .xgboost_trees import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .configuration import Settings
    from .job_metrics import JobMetrics
    from .plan import Want

INCREASING = ("auc", "map")
IMPORTANCES = ("weight", "gain", "cover", "total_gain", "total_cover")


class Training:
    """What one call of ``train`` was given. validation: the last data set that is not the training's own.

    folds: it is a cross-validation's.
    """

    def __init__(
        self, parameters: Any, data: Any, evals: Any, first_step: int, *, folds: bool = False
    ) -> None:
        self.parameters = dict(parameters or {})
        self.data = data
        others = [each for each, _ in evals or () if each is not data]
        self.validation = others[-1] if others else data
        self.first_step = first_step
        self.folds = folds


class XGBoostHook(Hook):
    framework = XGBOOST

    def __init__(self, xgboost: Any, settings: Settings) -> None:
        super().__init__(settings)
        self._xgboost = xgboost
        checkpoints = checkpoints_of_this_job()
        begun = None if checkpoints is None else checkpoints.begun
        self._steps_seen = 0 if begun is None else begun.step + 1
        self._savers = [
            self._metrics, self._hyperparameters, self._predictions, self._labels, self._importances,
            self._trees, self._shap,
        ]  # fmt: skip
        self._of_folds = [self._metrics, self._hyperparameters]
        self._last_round: tuple[int, Any] | None = None
        """Its step, and what was evaluated in all rounds until then."""

    def worker(self) -> Worker | None:
        collective = getattr(self._xgboost, "collective", None)
        if collective is None or collective.get_world_size() == 1:
            return None
        return Worker(collective.get_rank(), collective.get_world_size())

    def training(self, parameters: Any, data: Any, evals: Any, *, folds: bool = False) -> Training:
        """A further training of the same process goes on counting, so as not to write over the first."""
        return Training(parameters, data, evals, self._steps_seen, folds=folds)

    @guarded
    def before_round(self, epoch: int, training: Training) -> None:
        if self._time_steps:
            super().time_step(Mode.TRAIN, training.first_step + epoch)

    def time_step(self, mode: Mode, step: int | None = None) -> None:
        """What is captured of a round is captured after it: rounds are timed by themselves."""

    @guarded
    def after_round(self, model: Any, epoch: int, evals_log: Any, training: Training) -> None:
        if self.times is not None:
            self.times.end()
        step = training.first_step + epoch
        self._steps_seen = max(self._steps_seen, step + 1)
        self._last_round = (step, evals_log)
        if not self.begin(Mode.GLOBAL, step):
            return
        for save in list(self._savers):
            if training.folds and save not in self._of_folds:
                continue
            try:
                save(model, epoch, evals_log, training)
            except Exception as error:
                # What one kind of booster does not have, trees of a linear one say, it will never have.
                self.troubles.note(error, save.__name__.strip("_"))
                self._savers.remove(save)
        assert self.recorder is not None
        self.recorder.finish()

    @guarded
    def tell_last(self, metrics: JobMetrics, steps: dict[Mode, int]) -> None:
        if self._last_round is not None:
            step, evals_log = self._last_round
            for name, value in _evaluated(evals_log):
                metrics.last(name, value, Mode.GLOBAL, step)

    def _metrics(self, _model: Any, _epoch: int, evals_log: Any, _training: Training) -> None:
        for name, value in _evaluated(evals_log):
            # The collections' expressions, smdebug's, don't know of digits: validation_0-logloss.
            self.plan.put(name, "metrics")
            if not name.endswith(INCREASING):
                self.plan.put(name, "losses")
            self._save(name, value)

    def _hyperparameters(self, _model: Any, _epoch: int, _log: Any, training: Training) -> None:
        for name, value in training.parameters.items():
            if value is not None:
                self._save("hyperparameters/" + name, value)

    def _predictions(self, model: Any, _epoch: int, _log: Any, training: Training) -> None:
        want = self._wants("predictions")
        if want is not None:
            self._take("predictions", want, model.predict(training.validation))

    def _labels(self, _model: Any, _epoch: int, _log: Any, training: Training) -> None:
        want = self._wants("labels")
        if want is not None:
            self._take("labels", want, training.validation.get_label())

    def _importances(self, model: Any, _epoch: int, _log: Any, _training: Training) -> None:
        if self._wants_none("feature_importance/weight/" + _features(model)[0]):
            return
        for kind in IMPORTANCES:
            scores = model.get_score(importance_type=kind)
            total = sum(scores.values())
            for feature, score in scores.items():
                self._save("feature_importance/{}/{}".format(kind, feature), score / total)

    def _trees(self, model: Any, epoch: int, _log: Any, _training: Training) -> None:
        if self._wants_none("trees/Tree"):
            return
        dumps = model[epoch : epoch + 1].get_dump(with_stats=True)
        for column, values in columns_of(dumps, epoch * len(dumps)).items():
            self._save("trees/" + column, values)

    def _shap(self, model: Any, _epoch: int, _log: Any, training: Training) -> None:
        features = [*_features(model), "bias"]
        full = any(not self._wants_none("full_shap/" + name) for name in features)
        average = any(not self._wants_none("average_shap/" + name) for name in features)
        if not full and not average:
            return
        values = model.predict(training.data, pred_contribs=True)  # [N, F + 1], or [N, C, F + 1]
        means = np.mean(values, axis=tuple(range(values.ndim - 1)))
        for at, name in enumerate(features):
            self._save("average_shap/" + name, means[at])
            want = self._wants("full_shap/" + name)
            if want is not None:
                assert self.recorder is not None
                # Each name has all values, as readers of smdebug's files know it. One array serves them all.
                self.recorder.give("full_shap/" + name, want, values)

    def _wants(self, name: str) -> Want | None:
        due = self.recorder.due if self.recorder is not None else None
        return due.wants(name) if due is not None else None

    def _wants_none(self, name: str) -> bool:
        return self._wants(name) is None

    def _save(self, name: str, value: Any) -> None:
        want = self._wants(name)
        if want is not None:
            self._take(name, want, value)

    def _take(self, name: str, want: Want, value: Any) -> None:
        assert self.recorder is not None
        self.recorder.take(name, want, np.atleast_1d(np.asarray(value)))


def attach(xgboost: Any, settings: Settings) -> XGBoostHook:
    """Hooks an xgboost that was just imported."""
    hook = XGBoostHook(xgboost, settings)
    original = xgboost.train
    callback = _callback_class(xgboost, hook)

    @functools.wraps(original)
    def train(params: Any, dtrain: Any, *args: Any, **kwargs: Any) -> Any:
        if not hook.active:
            return original(params, dtrain, *args, **kwargs)
        evals = kwargs.get("evals") or (args[1] if len(args) > 1 else ())
        ours = callback(hook.training(params, dtrain, list(evals)))
        # Before all others: one that ends the training would keep the last round from us.
        kwargs["callbacks"] = [ours, *(kwargs.get("callbacks") or ())]
        return original(params, dtrain, *args, **kwargs)

    original_cv = xgboost.cv

    @functools.wraps(original_cv)
    def cv(params: Any, dtrain: Any, *args: Any, **kwargs: Any) -> Any:
        if hook.active:
            ours = callback(hook.training(params, dtrain, (), folds=True))
            kwargs["callbacks"] = [ours, *(kwargs.get("callbacks") or ())]
        return original_cv(params, dtrain, *args, **kwargs)

    for name in ("xgboost", "xgboost.training", "xgboost.sklearn"):
        module = sys.modules.get(name)
        for function, known, ours in (("train", original, train), ("cv", original_cv, cv)):
            if module is not None and getattr(module, function, None) is known:
                vars(module)[function] = ours
    return hook


def _callback_class(xgboost: Any, hook: XGBoostHook) -> Any:
    class AfterRound(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        def __init__(self, training: Training) -> None:
            super().__init__()
            self._training = training

        def before_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            hook.before_round(epoch, self._training)
            return False

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            hook.after_round(model, epoch, evals_log, self._training)
            return False

    return AfterRound


def _evaluated(evals_log: Any) -> Iterator[tuple[str, float]]:
    """The last value of each metric, by the names that tensors have."""
    for data, results in evals_log.items():
        for metric, values in results.items():
            last = values[-1]
            yield "{}-{}".format(data, metric), float(last[0] if isinstance(last, tuple) else last)


def _features(model: Any) -> list[str]:
    """Their names; f0, f1, ... where the data gave none."""
    names = model.feature_names
    return list(names) if names else ["f{}".format(at) for at in range(model.num_features())]
