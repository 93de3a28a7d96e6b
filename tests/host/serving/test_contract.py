"""The functions of a serving script, and what is answered where one is missing or raises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clary.host.injected.serving.clary_serving.contract import Contract, load_contract
from clary.host.injected.serving.clary_serving.settings import ServingSettings

Load = Callable[..., Contract]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    def load(script: str | None, framework: str = "sklearn", **variables: str) -> Contract:
        code = tmp_path / "code"
        code.mkdir(exist_ok=True)
        if script is not None:
            (code / "inference.py").write_text(script)
        monkeypatch.syspath_prepend(str(code))
        given = {"CLARY_SERVING": framework, "SM_MODEL_DIR": str(tmp_path), "CLARY_CODE": str(code)}
        return load_contract(ServingSettings({**given, **variables}), str(tmp_path), "")

    return load


def ask(contract: Contract, body: str | bytes, **headers: str) -> tuple[int, str, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body.encode() if isinstance(body, str) else body
    answer = contract.answer(data, {"content-type": "application/json", **named})
    return answer.status, answer.content_type, answer.body


MODEL = "def model_fn(folder): return 2\n"
TIMES = MODEL + "def predict_fn(data, model): return data * model\n"


def test_the_defaults_read_and_write_what_the_headers_say(load: Load) -> None:
    contract = load(TIMES)

    assert ask(contract, "[1, 2]") == (200, "application/json", b"[2.0, 4.0]")
    assert ask(contract, "1,2\n3,4", content_type="text/csv", accept="text/csv") == (
        200,
        "text/csv",
        b"2.0,4.0\n6.0,8.0\n",
    )
    assert ask(contract, "[1]", accept="*/*")[1] == "application/json"
    assert ask(contract, "[1]", accept="image/png, text/csv;q=0.5") == (200, "text/csv", b"2.0\n")


def test_one_row_of_csv_is_a_row(load: Load) -> None:
    contract = load(MODEL + "def predict_fn(data, model): return list(data.shape)\n")

    assert ask(contract, "1,2,3", content_type="text/csv; charset=utf-8")[2] == b"[1, 3]"
    assert ask(contract, "1\n2", content_type="text/csv")[2] == b"[2, 1]"


@pytest.mark.parametrize(
    ("returned", "answered"),
    [
        ("'text'", (200, "application/json", b"text")),
        ("('text', 'text/plain')", (200, "text/plain", b"text")),
        ("b'bytes'", (200, "application/json", b"bytes")),
        ("{'a': 1}", (200, "application/json", b'{"a": 1}')),
        ("None", (200, "application/json", b"")),
    ],
)
def test_an_output_is_a_body_or_a_body_with_its_type(
    load: Load, returned: str, answered: tuple[int, str, bytes]
) -> None:
    contract = load(f"{TIMES}def output_fn(prediction, accept): return {returned}\n")

    assert ask(contract, "[1]") == answered


def test_the_response_of_older_scripts_is_understood(load: Load) -> None:
    contract = load(
        TIMES + "class Response:\n"
        "    def __init__(self): self.response, self.mimetype, self.status_code = 'x', 'text/x', 201\n"
        "def output_fn(prediction, accept): return Response()\n"
    )

    assert ask(contract, "[1]") == (201, "text/x", b"x")


def test_a_generator_is_an_answer_in_pieces(load: Load) -> None:
    contract = load(TIMES + "def output_fn(prediction, accept):\n    yield 'a'\n    yield b'b'\n")

    answer = contract.answer(b"[1]", {})

    assert answer.pieces is not None
    assert list(answer.pieces) == ["a", b"b"]


def test_one_function_may_do_all_of_it(load: Load) -> None:
    contract = load(MODEL + "def transform_fn(model, body, kind, accept): return (body * model, kind)\n")

    assert ask(contract, "ab", content_type="text/csv") == (200, "text/csv", b"abab")


def test_a_function_with_one_more_parameter_gets_the_context(load: Load) -> None:
    contract = load(
        "def model_fn(folder, context): return context.system_properties['model_dir']\n"
        "def input_fn(body, kind, context): return context.get_request_header(0, 'X-Custom')\n"
        "def predict_fn(data, model, context): context.set_response_status(202, 'ok'); return data\n"
        "def output_fn(prediction, accept, context):\n"
        "    context.set_response_content_type(0, 'text/plain')\n    return prediction\n"
    )

    assert ask(contract, "", x_custom="mine") == (202, "text/plain", b"mine")


RAISES = "def predict_fn(data, model): raise KeyError('lost')\n"
OWN_ERROR = "class Mine(Exception): status_code = 422\ndef predict_fn(data, model): raise Mine('not mine')\n"
TOO_FEW = "def output_fn(prediction): return prediction\n"


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        (RAISES, 500, b"KeyError: 'lost'\nTraceback"),
        (OWN_ERROR, 422, b"not mine"),
        (TOO_FEW, 500, b"TypeError: output_fn()"),
    ],
)
def test_what_a_function_raises_is_the_answer(load: Load, script: str, status: int, said: bytes) -> None:
    found = ask(load(TIMES + script), "[1]")

    assert found[:2] == (status, "text/plain")
    assert said in found[2]


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        ("x", "application/json", "", 400),
        ('["a"]', "application/json", "", 400),
        (b"\xff", "text/csv", "", 400),
        (b"x", "application/x-npy", "", 400),
        ("x", "image/png", "", 415),
        ("[1]", "application/json", "image/png", 415),
        ("[" * 100_000, "application/json", "", 400),
    ],
)
def test_what_can_not_be_read_or_written_is_the_callers_mistake(
    load: Load, body: str | bytes, content_type: str, accept: str, status: int
) -> None:
    assert ask(load(TIMES), body, content_type=content_type, accept=accept)[0] == status


def test_a_pickle_in_an_array_is_not_read(load: Load) -> None:
    import io

    import numpy

    stream = io.BytesIO()
    numpy.save(stream, numpy.array([{"a": 1}]), allow_pickle=True)

    assert ask(load(TIMES), stream.getvalue(), content_type="application/x-npy")[0] == 400


def test_a_script_without_a_model_says_what_is_missing(load: Load, tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError, match="has no model_fn"):
        load("x = 1\n")


def test_a_joblib_file_is_loaded_without_a_script(load: Load, tmp_path: Path) -> None:
    import joblib
    from sklearn.linear_model import LinearRegression

    joblib.dump(LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]), tmp_path / "model.joblib")

    status, _, body = ask(load(None), "[[2]]")

    assert (status, float(eval(body)[0])) == (200, pytest.approx(5.0))


def test_the_scripts_of_two_models_are_two_modules(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "code").mkdir(parents=True)
        (tmp_path / name / "code/inference.py").write_text(f"def model_fn(folder): return {name!r}\n")
    settings = ServingSettings({"SAGEMAKER_MULTI_MODEL": "true", "CLARY_CODE": str(tmp_path / "none")})

    loaded: list[Any] = [load_contract(settings, str(tmp_path / name), name).model for name in ("a", "b")]

    assert loaded == ["a", "b"]
