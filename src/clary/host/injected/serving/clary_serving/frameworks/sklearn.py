"""scikit-learn: arrays in, ``predict``, arrays out; without a model_fn one joblib or pickle file."""

from __future__ import annotations

import os

from .. import formats
from ..contract import Contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PRELOAD = ("numpy", "scipy.sparse", "joblib", "sklearn.base")
ENDINGS = (".joblib", ".pkl", ".pickle")


class SklearnContract(Contract):
    def default_model(self, model_dir: str) -> Any:
        """AWS's container has no default here; the only file that can be meant is loaded."""
        found = sorted(name for name in os.listdir(model_dir) if name.endswith(ENDINGS))
        if len(found) != 1:
            raise NotImplementedError(
                "The serving script has no model_fn(model_dir), and the model's archive has not exactly one "
                ".joblib or .pkl file that could be loaded without it: {}".format(", ".join(found) or "none")
            )
        import joblib  # type: ignore[import-not-found, import-untyped, unused-ignore]

        return joblib.load(os.path.join(model_dir, found[0]))

    def default_input(self, body: Any, content_type: str) -> Any:
        array = formats.decode(body, content_type)
        kind = formats.media_type(content_type)
        if kind == formats.CSV and array.ndim < 2:
            rows = sum(1 for line in formats.as_text(body).splitlines() if line.strip())
            array = array.reshape(rows, -1)  # numpy reads one row, and one column, as a line
        if kind in formats.UTF8_TYPES:
            try:
                return array.astype("float32")
            except (TypeError, ValueError) as error:
                raise formats.RefusedRequest("The body is no array of numbers: {}".format(error)) from error
        return array

    def default_predict(self, data: Any, model: Any) -> Any:
        return model.predict(data)


CONTRACT = SklearnContract
