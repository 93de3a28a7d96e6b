"""SageMaker's built-in XGBoost: trains from hyperparameters and data channels, without a script.

Run as ``python -m clary_algorithms.xgboost_train`` inside a job. Channels ``train`` and ``validation``
hold CSV (label first, no header), libsvm or Parquet; the model is written as ``xgboost-model``.
"""

from __future__ import annotations

import json
import os
import re
import sys
import warnings
from typing import Any

import xgboost as xgb  # type: ignore[import-not-found, unused-ignore]
from clary_algorithms.xgboost_settings import (  # type: ignore[import-not-found, unused-ignore]
    BadSetting,
    XGBoostSettings,
    read_settings,
)
from sagemaker_xgboost_container.data_utils import (  # type: ignore[import-not-found, unused-ignore]
    DataError,
    data_files,
    get_dmatrix,
)
from sagemaker_xgboost_container.distributed import (  # type: ignore[import-not-found, unused-ignore]
    rabit_run,
)

_KEPT_CHECKPOINTS = 5


def main() -> int:
    """Exit status: 0, or 1 with the reason in output/failure and as the last line of the log."""
    try:
        _run()
    except (BadSetting, DataError, xgb.core.XGBoostError, OSError) as error:
        reason = f"{type(error).__name__}: {error}"
        output = os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output")
        os.makedirs(output, exist_ok=True)
        with open(os.path.join(output, "failure"), "w", encoding="utf-8") as file:
            file.write(reason)
        print(reason, file=sys.stderr, flush=True)
        return 1
    return 0


def _run() -> None:
    config = os.environ.get("SM_INPUT_CONFIG_DIR", "/opt/ml/input/config")
    settings = read_settings(_read_json(config, "hyperparameters.json"))
    channels = _read_json(config, "inputdataconfig.json")
    train = _channel(channels, "train", settings)
    validation = _channel(channels, "validation", settings)
    if settings.early_stopping_rounds and validation is None:
        raise BadSetting("early_stopping_rounds needs a validation channel")
    resource = _read_json(config, "resourceconfig.json")
    hosts = resource.get("hosts") or ["algo-1"]
    if train is None and len(hosts) == 1:
        raise DataError("the train channel is missing or empty; the built-in algorithm trains on it")
    rabit_run(
        exec_fun=_train,
        args={"settings": settings, "train": train, "validation": validation, "is_master": True},
        include_in_training=train is not None,
        hosts=hosts,
        current_host=resource.get("current_host") or hosts[0],
        update_rabit_args=True,
    )


def _train(settings: XGBoostSettings, train: Any, validation: Any, is_master: bool) -> None:
    print(f"[{xgb.__version__}] train: {train.num_row()} rows, {train.num_col()} columns", flush=True)
    watched = [(train, "train")] + ([(validation, "validation")] if validation is not None else [])
    callbacks: list[Any] = []
    if settings.early_stopping_rounds:
        callbacks.append(
            xgb.callback.EarlyStopping(
                rounds=settings.early_stopping_rounds,
                data_name="validation",
                save_best=settings.parameters.get("booster") != "gblinear",
            )
        )
    folder = os.environ.get("CLARY_CHECKPOINTS", "/opt/ml/checkpoints")
    before, done = _latest_checkpoint(folder)
    if is_master and os.path.isdir(folder):
        callbacks.append(_Checkpoints(folder, done))
    booster = xgb.train(
        settings.parameters,
        train,
        num_boost_round=max(0, settings.num_round - done),
        evals=watched,
        xgb_model=before,
        callbacks=[*callbacks, _Lines(done)],
        verbose_eval=False,
    )
    if is_master:
        model_dir = os.environ.get("SM_MODEL_DIR", "/opt/ml/model")
        os.makedirs(model_dir, exist_ok=True)
        with warnings.catch_warnings():  # the name has no ending that tells the format, as on SageMaker
            warnings.simplefilter("ignore", UserWarning)
            booster.save_model(os.path.join(model_dir, "xgboost-model"))


class _Lines(xgb.callback.TrainingCallback):  # type: ignore[misc, unused-ignore]
    """Prints each round as AWS's container does, for metric definitions that parse its log."""

    def __init__(self, rounds_before: int) -> None:
        super().__init__()
        self._before = rounds_before

    def after_iteration(self, model: Any, epoch: int, evals_log: dict[str, dict[str, list[float]]]) -> bool:
        scores = [
            f"{data}-{metric}:{values[-1]:.5f}"
            for data, metrics in evals_log.items()
            for metric, values in metrics.items()
        ]
        print("\t".join([f"[{epoch + self._before}]", *scores]), flush=True)
        return False


class _Checkpoints(xgb.callback.TrainingCallback):  # type: ignore[misc, unused-ignore]
    """Saves the model after every round, and keeps the last few."""

    def __init__(self, folder: str, rounds_before: int) -> None:
        super().__init__()
        self._folder = folder
        self._before = rounds_before

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        current = epoch + self._before
        path = os.path.join(self._folder, f"xgboost-checkpoint.{current}")
        model.save_model(f"{path}.tmp.ubj")
        os.replace(f"{path}.tmp.ubj", path)
        old = os.path.join(self._folder, f"xgboost-checkpoint.{current - _KEPT_CHECKPOINTS}")
        if os.path.exists(old):
            os.remove(old)
        return False


def _latest_checkpoint(folder: str) -> tuple[str | None, int]:
    """(path, rounds done) of the newest checkpoint; (None, 0) without one."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    rounds = [
        int(match.group(1)) for name in names if (match := re.fullmatch(r"xgboost-checkpoint\.(\d+)", name))
    ]
    if not rounds:
        return None, 0
    print(f"going on from the checkpoint of round {max(rounds)}", flush=True)
    return os.path.join(folder, f"xgboost-checkpoint.{max(rounds)}"), max(rounds) + 1


def _channel(channels: dict[str, Any], name: str, settings: XGBoostSettings) -> Any:
    """The channel's DMatrix; None when the job has no such channel, or this host none of its files."""
    if name not in channels:
        return None
    folder = os.environ.get(f"SM_CHANNEL_{name.upper()}", f"/opt/ml/input/data/{name}")
    content_type = channels[name].get("ContentType") or _looks_like(data_files(folder))
    return get_dmatrix(folder, content_type, csv_weights=settings.csv_weights)


def _looks_like(files: list[str]) -> str:
    """The type of files that come without one: libsvm, as on SageMaker, unless they clearly are not."""
    if not files:
        return "libsvm"
    if files[0].endswith(".parquet"):
        return "parquet"
    with open(files[0], encoding="utf-8", errors="replace") as stream:
        return "csv" if "," in stream.readline() else "libsvm"


def _read_json(folder: str, name: str) -> dict[str, Any]:
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        return {}
    return content if isinstance(content, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
