"""The settings of a training job: texts from ``hyperparameters.json``. Those with a ``_`` are of the plan."""

from __future__ import annotations

import json
import os

from .trouble import BadInput, base_folder


def read_hyperparameters() -> dict[str, str]:
    """Returns name to value; empty without a file. Raises BadInput when it is malformed."""
    path = os.path.join(base_folder(), "input/config/hyperparameters.json")
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BadInput(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadInput(f"{path} must be an object of texts")
    return {
        str(name): _plain(value) for name, value in found.items() if not str(name).startswith("sagemaker_")
    }


def number(given: dict[str, str], name: str, default: float, *, low: float, high: float) -> float:
    """Returns the number in a hyperparameter. Raises BadInput for no number, or one out of range."""
    text = given.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"the hyperparameter {name} is {text!r}; it must be a number") from None
    if not low <= value <= high:
        raise BadInput(f"the hyperparameter {name} is {text}; it must be from {low:g} to {high:g}")
    return value


def whole(given: dict[str, str], name: str, default: int, *, low: int, high: int) -> int:
    return round(number(given, name, default, low=low, high=high))


def choice(given: dict[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    value = given.get(name, "") or default
    if value not in choices:
        raise BadInput(f"the hyperparameter {name} is {value!r}; it can be {', '.join(choices)}")
    return value


def _plain(value: object) -> str:
    """Takes the quotes away that the SDK puts around texts."""
    text = str(value).strip()
    if text[:1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text
