"""A SavedModel that answers requests in the JSON of TensorFlow Serving.

{"instances": [row, ...]}   a list of rows       -> {"predictions": [...]}
{"inputs": tensor(s)}       a tensor, or by name -> {"outputs": ...}
"""

from __future__ import annotations

import base64
import binascii
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFAULT_SIGNATURE = "serving_default"
MODEL_FILE = "saved_model.pb"
DEEPEST = 4


def find_models(model_dir: str) -> dict[str, tuple[str, str]]:
    """Returns (folder, version) of the newest version of each model, by its name.

    A model is ``<name>/<version>/saved_model.pb``, or ``saved_model.pb`` in the archive itself. Raises
    ValueError without one.
    """
    found: dict[str, tuple[str, str]] = {}
    for folder, folders, files in os.walk(model_dir):
        depth = folder[len(model_dir) :].count(os.sep)
        folders[:] = sorted(each for each in folders if each != "code") if depth < DEEPEST else []
        if MODEL_FILE not in files:
            continue
        name, version = os.path.basename(folder), "1"
        if name.isdigit() and folder != model_dir:
            name, version = os.path.basename(os.path.dirname(folder)), name
        if name not in found or int(found[name][1]) < int(version):
            found[name] = (folder, version)
    if not found:
        raise ValueError(
            "The model's archive has no SavedModel (<version>/saved_model.pb). It has: {}".format(
                ", ".join(sorted(os.listdir(model_dir))) or "nothing"
            )
        )
    wanted = os.environ.get("SAGEMAKER_TFS_DEFAULT_MODEL_NAME", "")
    return dict(sorted(found.items(), key=lambda pair: (pair[0] != wanted, pair[0])))


class SavedModel:
    def __init__(self, folder: str, version: str) -> None:
        import tensorflow  # type: ignore[import-not-found, import-untyped, unused-ignore]

        self.version = version
        self._model = tensorflow.saved_model.load(folder)

    def respond(self, request: Any) -> tuple[int, dict[str, Any]]:
        """Returns the status and the answer of TensorFlow Serving. A bad request is a 400 with its reason."""
        try:
            return 200, self._predict(request)
        except _BadRequest as error:
            return 400, {"error": str(error)}

    def _predict(self, request: Any) -> dict[str, Any]:
        name = request.get("signature_name") or DEFAULT_SIGNATURE if isinstance(request, dict) else ""
        signatures = self._model.signatures
        if name not in signatures:
            raise _BadRequest("There is no signature {!r}; there are {}".format(name, ", ".join(signatures)))
        signature = signatures[name]
        specs = signature.structured_input_signature[1]
        by_row = "instances" in request
        given = _columns(request["instances"], specs) if by_row else request.get("inputs")
        if given is None:
            raise _BadRequest('Send {"instances": [...]} or {"inputs": ...}')
        if len(specs) == 1 and not (isinstance(given, dict) and set(given) == set(specs)):
            given = {next(iter(specs)): given}
        if not isinstance(given, dict) or set(given) != set(specs):
            raise _BadRequest("The signature {} has the inputs {}".format(name, ", ".join(specs)))
        outputs = self._run(signature, {each: _tensor(given[each], specs[each], each) for each in specs})
        return {"predictions": _rows(outputs)} if by_row else {"outputs": _whole(outputs)}

    def _run(self, signature: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        import tensorflow

        try:
            outputs = signature(**tensors)
        except (tensorflow.errors.InvalidArgumentError, ValueError, TypeError) as error:
            raise _BadRequest(str(error)) from error
        return {name: _plain(tensor.numpy(), name) for name, tensor in sorted(outputs.items())}


class _BadRequest(Exception):
    pass


def _columns(instances: Any, specs: dict[str, Any]) -> Any:
    """The tensors of rows: by name where rows are objects of named tensors."""
    if not isinstance(instances, list) or not instances:
        raise _BadRequest("instances should be a list of at least one row")
    if not all(isinstance(row, dict) and "b64" not in row for row in instances):
        return instances
    names = set(instances[0])
    if any(set(row) != names for row in instances):
        raise _BadRequest("All instances should have the same names")
    return {name: [row[name] for row in instances] for name in instances[0]}


def _tensor(given: Any, spec: Any, name: str) -> Any:
    import tensorflow

    try:
        tensor = tensorflow.constant(_decoded(given), dtype=spec.dtype)
    except (ValueError, TypeError, binascii.Error) as error:
        raise _BadRequest(
            "The input {} is no tensor of {}: {}".format(name, spec.dtype.name, error)
        ) from error
    if not spec.shape.is_compatible_with(tensor.shape):
        raise _BadRequest("The input {} has the shape {}, not {}".format(name, tensor.shape, spec.shape))
    return tensor


def _decoded(given: Any) -> Any:
    """The value with bytes for ``{"b64": text}``."""
    if isinstance(given, list):
        return [_decoded(each) for each in given]
    if isinstance(given, dict) and set(given) == {"b64"}:
        return base64.b64decode(given["b64"])
    return given


def _plain(array: Any, name: str) -> Any:
    return _text(array.tolist(), as_bytes=name.endswith("_bytes"))


def _text(value: Any, *, as_bytes: bool) -> Any:
    if isinstance(value, list):
        return [_text(each, as_bytes=as_bytes) for each in value]
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()} if as_bytes else value.decode("utf-8", "replace")
    return value


def _whole(outputs: dict[str, Any]) -> Any:
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs


def _rows(outputs: dict[str, Any]) -> Any:
    if len(outputs) == 1:
        return next(iter(outputs.values()))
    return [dict(zip(outputs, row)) for row in zip(*outputs.values())]
