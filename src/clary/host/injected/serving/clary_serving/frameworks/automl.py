"""Candidates of AutoML jobs: rows without the target in, labels and probabilities out. There is no script."""

from __future__ import annotations

from .. import formats
from ..contract import Contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PRELOAD = ("numpy", "pandas", "clary_automl.serving")


class AutomlContract(Contract):
    default_accept = formats.CSV
    default_content_type = formats.CSV

    def default_model(self, model_dir: str) -> Any:
        from clary_automl import serving  # type: ignore[import-not-found, unused-ignore]

        return serving.load(model_dir)

    def default_input(self, body: Any, content_type: str) -> Any:
        from clary_automl import serving

        return _refused(
            serving.rows_of, formats.as_text(body), formats.media_type(content_type), self.model.schema
        )

    def default_predict(self, data: Any, model: Any) -> Any:
        return model.predict(data)

    def default_output(self, prediction: Any, accept: str) -> Any:
        from clary_automl import serving

        schema = self.model.schema
        for kind in formats.accepted_types(accept):
            if kind in (serving.CSV, serving.JSON, serving.JSON_LINES):
                return serving.answer(prediction, serving.inference_keys(schema), schema.classes, kind), kind
        raise formats.UnsupportedFormat(
            "The answer can't be written as {}. Accept text/csv, application/json or "
            "application/jsonlines.".format(accept)
        )


CONTRACT = AutomlContract


def _refused(function: Any, *arguments: Any) -> Any:
    """Calls a function of the image. What it refuses is the caller's mistake."""
    from clary_automl.trouble import BadInput  # type: ignore[import-not-found, unused-ignore]

    try:
        return function(*arguments)
    except BadInput as error:
        raise formats.RefusedRequest(str(error)) from error
