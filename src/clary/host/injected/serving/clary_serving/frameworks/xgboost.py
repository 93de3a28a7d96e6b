"""XGBoost: CSV, libsvm and RecordIO become a DMatrix; a native or pickled booster, or several, predicts.

With a serving script the answer is an array, as that container's script mode has it. Without one it is what
the built-in algorithm answers: CSV, or JSON with a score for each row.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import types

from .. import formats
from ..contract import Contract
from . import _xgboost_data as data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from ..settings import ServingSettings

PRELOAD = ("numpy", "scipy.sparse", "xgboost")


class XgboostContract(Contract):
    def __init__(self, settings: ServingSettings, script: ModuleType | None, model_dir: str) -> None:
        if script is None:
            self.default_accept, self.default_content_type = formats.CSV, data.LIBSVM
        super().__init__(settings, script, model_dir)

    def default_model(self, model_dir: str) -> Any:
        """One booster, or a list of them: cross-validation leaves several."""
        paths = [os.path.join(model_dir, name) for name in sorted(os.listdir(model_dir))]
        files = [
            path for path in paths if os.path.isfile(path) and not os.path.basename(path).startswith(".")
        ]
        if not files:
            raise ValueError(
                "The model's archive has no file at its top; a booster is saved with save_model, or pickled"
            )
        boosters = [_booster(path) for path in files]
        return boosters[0] if len(boosters) == 1 else boosters

    def default_input(self, body: Any, content_type: str) -> Any:
        return data.matrix(body, content_type, _width(self.model))

    def default_predict(self, given: Any, model: Any) -> Any:
        boosters = model if isinstance(model, list) else [model]
        predictions = [_predict(booster, given) for booster in boosters]
        return predictions[0] if len(predictions) == 1 else sum(predictions) / len(predictions)

    def default_output(self, prediction: Any, accept: str) -> Any:
        if self._script is not None:
            return formats.encode_first(prediction, accept)
        for kind in formats.accepted_types(accept):
            if kind == formats.CSV:
                return _as_csv(prediction), kind
            if kind == formats.JSON:
                return json.dumps({"predictions": _scores(prediction)}), kind
            if kind == formats.JSON_LINES:
                return "".join(json.dumps(each) + "\n" for each in _scores(prediction)), kind
        return formats.encode_first(prediction, accept)


CONTRACT = XgboostContract


def _booster(path: str) -> Any:
    """Loads a booster of any form. Raises ValueError for a file that holds none."""
    import xgboost  # type: ignore[import-not-found, import-untyped, unused-ignore]

    with open(path, "rb") as file:
        start = file.read(1)
        if start == b"\x80":  # a pickle
            file.seek(0)
            return pickle.load(file)
    booster = xgboost.Booster()
    try:
        booster.load_model(path)
    except Exception as error:
        raise ValueError("{} is no model of XGBoost: {}".format(os.path.basename(path), error)) from error
    return booster


def _width(model: Any) -> int:
    first = model[0] if isinstance(model, list) else model
    booster = first.get_booster() if hasattr(first, "get_booster") else first
    return int(booster.num_features()) if hasattr(booster, "num_features") else 0


def _predict(model: Any, given: Any) -> Any:
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    more = {}
    best = getattr(booster, "best_iteration", None) if booster.attr("best_iteration") else None
    if best is not None:
        more["iteration_range"] = (0, int(best) + 1)
    return booster.predict(given, validate_features=False, **more)


def _as_csv(prediction: Any) -> str:
    """One line for each row in a batch transform; else all in one line, as the container answers."""
    rows = prediction.tolist()
    batch = os.environ.get("SAGEMAKER_BATCH", "").lower() == "true"
    if rows and isinstance(rows[0], list):
        return "\n".join(",".join(map(str, row)) for row in rows) + "\n"
    return "\n".join(map(str, rows)) + "\n" if batch else ",".join(map(str, rows))


def _scores(prediction: Any) -> list[dict[str, Any]]:
    return [{"score": each} for each in prediction.tolist()]


def _offer_encoder() -> None:
    """Serving scripts import ``sagemaker_xgboost_container.encoder`` to read what they are sent."""
    module = types.ModuleType("sagemaker_xgboost_container.encoder")
    module.__dict__.update(
        csv_to_dmatrix=lambda text, dtype=None: data.matrix(text, formats.CSV, 0),
        libsvm_to_dmatrix=lambda text: data.matrix(text, data.LIBSVM, 0),
        recordio_protobuf_to_dmatrix=lambda text: data.matrix(text, data.RECORDIO, 0),
        decode=lambda body, content_type: data.matrix(body, content_type, 0),
    )
    sys.modules.setdefault(module.__name__, module)


_offer_encoder()
