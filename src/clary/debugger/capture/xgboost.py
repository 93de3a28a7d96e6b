"""Captures an XGBoost training after each round, with a callback that ``xgboost.train`` and ``cv`` get.

The scikit-learn classes call ``train`` too. A step is a boosting round. Importances, SHAP values, trees and
predictions are computed only at steps that save them. A cross-validation trains one model per fold: only its
metrics (means over the folds) and its parameters are saved.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensors import Mode
from .builtin import XGBOOST
from .checkpoints import open_checkpoints
from .guard import guarded
from .hook import Hook
from .worker import Worker
from .xgboost_trees import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .configuration import HookSettings
    from .job_metrics import TrainingMetrics
    from .plan import Want

INCREASING = ("auc", "map")
IMPORTANCES = ("weight", "gain", "cover", "total_gain", "total_cover")


class TrainCall:
    """The arguments of one call of ``train`` or ``cv``.

    validation: the last evaluation data set that is not the training data; the training data without one.
    first_step: the step of its first round. folds: whether it is a cross-validation.
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
    """The hook of XGBoost."""

    framework = XGBOOST

    def __init__(self, xgboost: Any, settings: HookSettings) -> None:
        super().__init__(settings)
        self._xgboost = xgboost
        checkpoints = open_checkpoints()
        restored = None if checkpoints is None else checkpoints.restored
        self._steps_seen = 0 if restored is None else restored.step + 1
        self._savers = [
            self._metrics, self._hyperparameters, self._predictions, self._labels, self._importances,
            self._trees, self._shap,
        ]  # fmt: skip
        self._fold_savers = [self._metrics, self._hyperparameters]
        self._last_round: tuple[int, Any] | None = None
        """Its step, and the evaluation results of all rounds so far."""

    def worker(self) -> Worker | None:
        collective = getattr(self._xgboost, "collective", None)
        if collective is None or collective.get_world_size() == 1:
            return None
        return Worker(collective.get_rank(), collective.get_world_size())

    def new_call(self, parameters: Any, data: Any, evals: Any, *, folds: bool = False) -> TrainCall:
        """Registers a call of ``train`` or ``cv``.

        Its steps continue after those of earlier calls in the process, so that no step is overwritten.
        """
        return TrainCall(parameters, data, evals, self._steps_seen, folds=folds)

    @guarded
    def before_round(self, epoch: int, call: TrainCall) -> None:
        """Starts the timing of a round."""
        if self._time_steps:
            super().time_step(Mode.TRAIN, call.first_step + epoch)

    def time_step(self, mode: Mode, step: int | None = None) -> None:
        """Does nothing: ``begin`` comes after a round here, so ``before_round`` starts the timing."""

    @guarded
    def after_round(self, model: Any, epoch: int, evals_log: Any, call: TrainCall) -> None:
        """Ends the timing of a round, and saves it if it is due. evals_log: XGBoost's evaluation history."""
        if self.times is not None:
            self.times.end()
        step = call.first_step + epoch
        self._steps_seen = max(self._steps_seen, step + 1)
        self._last_round = (step, evals_log)
        if not self.begin(Mode.GLOBAL, step):
            return
        for save in list(self._savers):
            if call.folds and save not in self._fold_savers:
                continue
            try:
                save(model, epoch, evals_log, call)
            except Exception as error:
                # This kind of booster does not have the data (a linear one has no trees): do not try again.
                self.errors.note(error, save.__name__.strip("_"))
                self._savers.remove(save)
        assert self.recorder is not None
        self.recorder.finish()

    @guarded
    def report_last_values(self, metrics: TrainingMetrics, steps: dict[Mode, int]) -> None:
        if self._last_round is not None:
            step, evals_log = self._last_round
            for name, value in _last_metrics(evals_log):
                metrics.add_last(name, value, Mode.GLOBAL, step)

    def _metrics(self, _model: Any, _epoch: int, evals_log: Any, _call: TrainCall) -> None:
        for name, value in _last_metrics(evals_log):
            # smdebug's expressions for these collections match no digits, as in validation_0-logloss.
            self.plan.assign(name, "metrics")
            if not name.endswith(INCREASING):
                self.plan.assign(name, "losses")
            self._save(name, value)

    def _hyperparameters(self, _model: Any, _epoch: int, _log: Any, call: TrainCall) -> None:
        for name, value in call.parameters.items():
            if value is not None:
                self._save("hyperparameters/" + name, value)

    def _predictions(self, model: Any, _epoch: int, _log: Any, call: TrainCall) -> None:
        want = self._wants("predictions")
        if want is not None:
            self._save_array("predictions", want, model.predict(call.validation))

    def _labels(self, _model: Any, _epoch: int, _log: Any, call: TrainCall) -> None:
        want = self._wants("labels")
        if want is not None:
            self._save_array("labels", want, call.validation.get_label())

    def _importances(self, model: Any, _epoch: int, _log: Any, _call: TrainCall) -> None:
        if self._wants_none("feature_importance/weight/" + _feature_names(model)[0]):
            return
        for kind in IMPORTANCES:
            scores = model.get_score(importance_type=kind)
            total = sum(scores.values())
            for feature, score in scores.items():
                self._save("feature_importance/{}/{}".format(kind, feature), score / total)

    def _trees(self, model: Any, epoch: int, _log: Any, _call: TrainCall) -> None:
        if self._wants_none("trees/Tree"):
            return
        dumps = model[epoch : epoch + 1].get_dump(with_stats=True)
        for column, values in columns_of(dumps, epoch * len(dumps)).items():
            self._save("trees/" + column, values)

    def _shap(self, model: Any, _epoch: int, _log: Any, call: TrainCall) -> None:
        features = [*_feature_names(model), "bias"]
        full = any(not self._wants_none("full_shap/" + name) for name in features)
        average = any(not self._wants_none("average_shap/" + name) for name in features)
        if not full and not average:
            return
        values = model.predict(call.data, pred_contribs=True)  # [N, F + 1], or [N, C, F + 1]
        means = np.mean(values, axis=tuple(range(values.ndim - 1)))
        for at, name in enumerate(features):
            self._save("average_shap/" + name, means[at])
            want = self._wants("full_shap/" + name)
            if want is not None:
                assert self.recorder is not None
                # Each name gets the array of all features, as in smdebug's files. All names share one array.
                self.recorder.add("full_shap/" + name, want, values)

    def _wants(self, name: str) -> Want | None:
        due = self.recorder.due if self.recorder is not None else None
        return due.wants(name) if due is not None else None

    def _wants_none(self, name: str) -> bool:
        return self._wants(name) is None

    def _save(self, name: str, value: Any) -> None:
        want = self._wants(name)
        if want is not None:
            self._save_array(name, want, value)

    def _save_array(self, name: str, want: Want, value: Any) -> None:
        assert self.recorder is not None
        self.recorder.save(name, want, np.atleast_1d(np.asarray(value)))


def attach(xgboost: Any, settings: HookSettings) -> XGBoostHook:
    """Hooks the imported xgboost."""
    hook = XGBoostHook(xgboost, settings)
    original = xgboost.train
    callback = _callback_class(xgboost, hook)

    @functools.wraps(original)
    def train(params: Any, dtrain: Any, *args: Any, **kwargs: Any) -> Any:
        if not hook.active:
            return original(params, dtrain, *args, **kwargs)
        evals = kwargs.get("evals") or (args[1] if len(args) > 1 else ())
        ours = callback(hook.new_call(params, dtrain, list(evals)))
        # First in the list: after a callback that stops the training, ours would not see the last round.
        kwargs["callbacks"] = [ours, *(kwargs.get("callbacks") or ())]
        return original(params, dtrain, *args, **kwargs)

    original_cv = xgboost.cv

    @functools.wraps(original_cv)
    def cv(params: Any, dtrain: Any, *args: Any, **kwargs: Any) -> Any:
        if hook.active:
            ours = callback(hook.new_call(params, dtrain, (), folds=True))
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
        def __init__(self, call: TrainCall) -> None:
            super().__init__()
            self._call = call

        def before_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            hook.before_round(epoch, self._call)
            return False

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            hook.after_round(model, epoch, evals_log, self._call)
            return False

    return AfterRound


def _last_metrics(evals_log: Any) -> Iterator[tuple[str, float]]:
    """(tensor name, last value) of each metric."""
    for data, results in evals_log.items():
        for metric, values in results.items():
            last = values[-1]
            yield "{}-{}".format(data, metric), float(last[0] if isinstance(last, tuple) else last)


def _feature_names(model: Any) -> list[str]:
    """The names of the features; f0, f1, ... if the data has no names."""
    names = model.feature_names
    return list(names) if names else ["f{}".format(at) for at in range(model.num_features())]
