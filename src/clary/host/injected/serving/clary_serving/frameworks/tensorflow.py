"""TensorFlow: the REST contract of TensorFlow Serving (``instances``, ``inputs``) over a SavedModel.

A script may have input_handler(data, context) and output_handler(response, context), or one
handler(data, context) that sends its requests to ``context.rest_uri`` itself.
"""

from __future__ import annotations

import collections
import io
import json

from .. import formats
from ..contract import Contract, ServingAnswer, failed
from ..formats import JSON, RefusedRequest
from ._saved_model import SavedModel, find_models
from ._tensorflow_rest import RestResponse, RestServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Mapping

# TensorFlow does not survive a fork.
PRELOAD = ("numpy",)
ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
METHODS = ("predict", "regress", "classify")

HandlerContext = collections.namedtuple(
    "HandlerContext",
    "model_name model_version method rest_uri grpc_port custom_attributes request_content_type "
    "accept_header content_length",
)
"""What handlers get, with the names of AWS's container."""


class TensorflowContract(Contract):
    def default_model(self, model_dir: str) -> Any:
        """All models of the archive by name; the first one answers when a request names none."""
        found = find_models(model_dir)
        return {name: SavedModel(path, version) for name, (path, version) in found.items()}

    def answer(self, body: bytes, headers: Mapping[str, str]) -> ServingAnswer:
        try:
            return self._answer(body, headers)
        except Exception as error:
            return failed(error)

    def _answer(self, body: bytes, headers: Mapping[str, str]) -> ServingAnswer:
        script: Any = self._script
        asked = _attributes(headers.get(ATTRIBUTES, ""))
        name = asked.get("tfs-model-name") or next(iter(self.model))
        if name not in self.model:
            raise RefusedRequest("There is no model {!r}; there are {}".format(name, ", ".join(self.model)))
        method = asked.get("tfs-method", METHODS[0])
        if method not in METHODS:
            raise RefusedRequest("tfs-method is {!r}; it can be {}".format(method, ", ".join(METHODS)))
        model = self.model[name]
        content_type = headers.get("content-type") or JSON
        accept = headers.get("accept", "")
        if formats.media_type(accept) in ("", formats.ANY):
            accept = JSON
        context = HandlerContext(
            name, model.version, method, "", "", headers.get(ATTRIBUTES), content_type, accept, len(body)
        )
        if hasattr(script, "handler"):
            uri = self._rest().uri(name, method)
            return _answered(script.handler(io.BytesIO(body), context._replace(rest_uri=uri)), accept)
        if hasattr(script, "input_handler"):
            given = script.input_handler(io.BytesIO(body), context)
            request = json.loads(formats.as_text(given))
        else:
            request = _request(body, formats.media_type(content_type))
        signature = asked.get("tfs-signature-name")
        if signature:
            request.setdefault("signature_name", signature)
        status, said = model.respond(request)
        if hasattr(script, "output_handler"):
            return _answered(script.output_handler(RestResponse(status, said), context), accept)
        return ServingAnswer(json.dumps(said).encode(), JSON, status)

    def _rest(self) -> RestServer:
        if not hasattr(self, "_rest_server"):
            self._rest_server = RestServer(self.model)
        return self._rest_server

    @staticmethod
    def _check(script: ModuleType | None) -> None:
        handlers = [hasattr(script, name) for name in ("input_handler", "output_handler")]
        if any(handlers) and not all(handlers):
            raise NotImplementedError("The serving script needs input_handler and output_handler, or handler")


CONTRACT = TensorflowContract


def _answered(given: Any, accept: str) -> ServingAnswer:
    body, content_type = given if isinstance(given, tuple) else (given, accept)
    return ServingAnswer(formats.as_bytes(body), content_type)


def _attributes(text: str) -> dict[str, str]:
    """``tfs-model-name=a,tfs-method=predict`` as a dict."""
    pairs = (each.partition("=") for each in text.split(","))
    return {name.strip(): value.strip() for name, found, value in pairs if found}


def _request(body: bytes, kind: str) -> dict[str, Any]:
    """The request of TensorFlow Serving in a body.

    Raises UnsupportedFormat, and RefusedRequest for a malformed body.
    """
    if kind == formats.CSV:
        return {"instances": [_numbers(line) for line in formats.as_text(body).splitlines() if line.strip()]}
    if kind in (formats.JSON_LINES, "application/x-jsonlines"):
        return {"instances": [_json(line) for line in formats.as_text(body).splitlines() if line.strip()]}
    if kind == formats.NPY:
        return {"instances": formats.decode(body, kind).tolist()}
    if kind != JSON:
        raise formats.UnsupportedFormat(
            "The content type {} can't be read here. Send {}, {} or {}, or give inference.py an "
            "input_handler.".format(kind, JSON, formats.CSV, formats.JSON_LINES)
        )
    given = _json(formats.as_text(body))
    if isinstance(given, dict) and ("instances" in given or "inputs" in given):
        return given
    return {"instances": given if isinstance(given, list) else [given]}


def _numbers(line: str) -> list[Any]:
    row: list[Any] = []
    for field in line.split(","):
        try:
            row.append(float(field))
        except ValueError:
            row.append(field.strip())
    return row


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedRequest("The body is not JSON: {}".format(error)) from error
