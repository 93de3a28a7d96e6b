"""The functions of a serving script, and what happens where the script has none.

    model_fn(model_dir)                                 the model, once
    transform_fn(model, body, content_type, accept)     an answer from a request; or these three instead:
        input_fn(body, content_type)                    data
        predict_fn(data, model)                         a prediction
        output_fn(prediction, accept)                   an answer

A function with one more parameter also gets the context of the request, as in AWS's toolkits.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
import traceback

from . import formats
from .formats import JSON, RefusedRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Iterable, Mapping

    from .settings import ServingSettings

DEFAULT_SCRIPT = "inference.py"
MOST_MESSAGE_CHARACTERS = 16384


class ServingAnswer:
    """A response. pieces: its body as it is made, instead of ``body``."""

    def __init__(
        self,
        body: bytes = b"",
        content_type: str = JSON,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        pieces: Iterable[Any] | None = None,
    ) -> None:
        self.body = body
        self.content_type = content_type
        self.status = status
        self.headers = dict(headers or {})
        self.pieces = pieces


class InferenceContext:
    """What a function may ask about its request, with the names that AWS's toolkits have for it."""

    def __init__(self, headers: Mapping[str, str], model_dir: str) -> None:
        self.system_properties = {"model_dir": model_dir, "gpu_id": None}
        self.request_headers = dict(headers)
        self.status = 0
        self.content_type = ""

    def get_request_header(self, index: int, name: str) -> str | None:
        return self.request_headers.get(name.lower())

    def get_all_request_header(self, index: int) -> dict[str, str]:
        return dict(self.request_headers)

    def set_response_content_type(self, index: int, value: str) -> None:
        self.content_type = value

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        self.status = code


class Contract:
    """A loaded model with its functions. A framework derives its own class and replaces the defaults."""

    default_accept = JSON
    default_content_type = JSON

    def __init__(self, settings: ServingSettings, script: ModuleType | None, model_dir: str) -> None:
        """script: the user's module; None where there is none."""
        self.settings = settings
        self.model_dir = model_dir
        self._script = script
        self._check(script)
        self._model_fn = self._function("model_fn", self.default_model)
        self._input_fn = self._function("input_fn", self.default_input)
        self._predict_fn = self._function("predict_fn", self.default_predict)
        self._output_fn = self._function("output_fn", self.default_output)
        self._transform_fn = self._function("transform_fn", self._in_three_steps)
        self.model = self.call(self._model_fn, [model_dir], InferenceContext({}, model_dir))

    # What a framework replaces

    def default_model(self, model_dir: str) -> Any:
        raise NotImplementedError("The serving script has no model_fn(model_dir); it should return the model")

    def default_input(self, body: Any, content_type: str) -> Any:
        return formats.decode(body, content_type)

    def default_predict(self, data: Any, model: Any) -> Any:
        return model.predict(data) if hasattr(model, "predict") else model(data)

    def default_output(self, prediction: Any, accept: str) -> Any:
        return formats.encode_first(prediction, accept)

    # A request

    def answer(self, body: bytes, headers: Mapping[str, str]) -> ServingAnswer:
        """Answers one request. What goes wrong becomes an answer too."""
        content_type = headers.get("content-type") or self.default_content_type
        accept = headers.get("accept", "")
        if formats.media_type(accept) in ("", formats.ANY):
            accept = self.settings.accept or self.default_accept
        context = InferenceContext(headers, self.model_dir)
        try:
            given = formats.as_text(body) if formats.media_type(content_type) in formats.UTF8_TYPES else body
            result = self.call(self._transform_fn, [self.model, given, content_type, accept], context)
            return _as_answer(result, accept, context)
        except UnicodeDecodeError as error:
            return failed(RefusedRequest("The body is not text in UTF-8: {}".format(error)))
        except Exception as error:
            return failed(error)

    def _in_three_steps(
        self, model: Any, body: Any, content_type: str, accept: str, context: InferenceContext
    ) -> Any:
        data = self.call(self._input_fn, [body, content_type], context)
        prediction = self.call(self._predict_fn, [data, model], context)
        return self.call(self._output_fn, [prediction, accept], context)

    def call(self, function: tuple[Callable[..., Any], bool], given: list[Any], context: Any) -> Any:
        call, with_context = function
        return call(*given, context) if with_context else call(*given)

    def _function(self, name: str, default: Callable[..., Any]) -> tuple[Callable[..., Any], bool]:
        """Returns a function, and whether it takes the context after the parameters of its kind."""
        found = getattr(self._script, name, None) or default
        return found, _takes_context(found, _PARAMETERS[name])

    @staticmethod
    def _check(script: ModuleType | None) -> None:
        parts = [name for name in ("input_fn", "predict_fn", "output_fn") if hasattr(script, name)]
        if hasattr(script, "transform_fn") and parts:
            raise ValueError(
                "The serving script has transform_fn and {}; transform_fn replaces input_fn, predict_fn and "
                "output_fn, so keep one or the others".format(", ".join(parts))
            )


_PARAMETERS = {"model_fn": 1, "input_fn": 2, "predict_fn": 2, "output_fn": 2, "transform_fn": 4}


def load_contract(settings: ServingSettings, model_dir: str, name: str) -> Contract:
    """Imports the script and loads the model. name: that of a model of a multi-model host.

    Raises what the user's code raises.
    """
    code = settings.code
    own = os.path.join(model_dir, "code")
    if settings.multi_model and os.path.isdir(own):
        code = own
    framework = importlib.import_module(".frameworks." + settings.framework, __package__)
    script = _script(code, settings.program, unique=settings.multi_model and code is own, name=name)
    contract: Contract = framework.CONTRACT(settings, script, model_dir)
    return contract


def _script(code: str, program: str, *, unique: bool, name: str) -> ModuleType | None:
    """Imports the serving script. unique: under a name of its own, beside those of other models."""
    path = os.path.join(code, program or DEFAULT_SCRIPT)
    if not os.path.isfile(path) and os.path.isfile(path + ".py"):
        path += ".py"
    if not os.path.isfile(path):
        if program and not os.path.isfile(os.path.join(code, DEFAULT_SCRIPT)):
            there = ", ".join(sorted(os.listdir(code))[:20]) if os.path.isdir(code) else ""
            raise FileNotFoundError(
                "The serving script {!r} (SAGEMAKER_PROGRAM) is not in the model's code, "
                "which has: {}".format(program, there or "nothing")
            )
        if not program:
            return None
        path = os.path.join(code, DEFAULT_SCRIPT)
    for folder in (os.path.join(code, "lib"), code, os.path.dirname(path)):
        if os.path.isdir(folder) and folder not in sys.path:
            sys.path.insert(0, folder)
    module = os.path.splitext(os.path.basename(path))[0]
    if unique:
        module = "{}_{:x}".format(module, hash(name) & 0xFFFFFFFF)
    spec = importlib.util.spec_from_file_location(module, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[module] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def _takes_context(function: Callable[..., Any], parameters: int) -> bool:
    try:
        kinds = [each.kind for each in inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        return False
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(kind in by_position for kind in kinds) == parameters + 1


def _as_answer(result: Any, accept: str, context: InferenceContext) -> ServingAnswer:
    """Returns what a function returned as an answer: a body, or (body, content type), or a Response."""
    status, content_type = context.status or 200, context.content_type
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], str):
        result, content_type = result
    elif hasattr(result, "mimetype") and hasattr(result, "status_code"):
        status, content_type = result.status_code, result.mimetype or ""
        result = result.get_data() if hasattr(result, "get_data") else result.response
    content_type = content_type or next(formats.accepted_types(accept), JSON)
    if isinstance(result, (bytes, bytearray, memoryview, str)):
        return ServingAnswer(formats.as_bytes(result), content_type, status)
    if result is None:
        return ServingAnswer(b"", content_type, status)
    if inspect.isgenerator(result) or (hasattr(result, "__next__") and hasattr(result, "__iter__")):
        return ServingAnswer(content_type=content_type, status=status, pieces=result)
    body, content_type = formats.encode_first(result, content_type)
    return ServingAnswer(formats.as_bytes(body), content_type, status)


def failed(error: Exception, before: str = "") -> ServingAnswer:
    """Returns the answer for an error, and writes it into the log.

    An error that has a ``status_code`` below 500 is the caller's: its message is enough. Others are those of
    the script: their traceback is in the log and in the answer.
    """
    given = getattr(error, "status_code", None)
    status = given if isinstance(given, int) and 400 <= given <= 599 else 500
    message = before + (str(error) or type(error).__name__)
    if status < 500:
        sys.stderr.write("{} {}\n".format(status, message))
    else:
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        sys.stderr.write(trace)
        message = "{}{}: {}\n{}".format(before, type(error).__name__, error, trace)
    sys.stderr.flush()
    return ServingAnswer(message[:MOST_MESSAGE_CHARACTERS].encode("utf-8", "replace"), formats.TEXT, status)
