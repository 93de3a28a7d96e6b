"""Finds mistakes in a script and its requirements before the job starts."""

from __future__ import annotations

import ast
import difflib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MODULES = """
PIL boto3 botocore catboost cv2 datasets joblib keras lightgbm matplotlib mlxtend mxnet numpy pandas pyarrow
pytorch_lightning requests sagemaker scipy seaborn skimage sklearn smdebug smexperiments statsmodels
tensorboard tensorflow torch torchaudio torchvision tqdm transformers xgboost yaml
"""
"""Modules that training scripts often import."""

PACKAGES = """
boto3 catboost datasets joblib keras lightgbm matplotlib mlxtend numpy opencv-python pandas pillow pyarrow
pytorch-lightning pyyaml requests sagemaker scikit-image scikit-learn scipy seaborn smdebug statsmodels
tensorboard tensorflow torch torchaudio torchvision tqdm transformers xgboost
"""
"""Packages that requirements.txt files often name."""

PACKAGES_OF = {
    "PIL": "pillow",
    "cv2": "opencv-python",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Modules whose package has a different name."""

NEAR = 0.8


def hints(folder: Path, entry: str, *, whole: bool) -> Iterator[str]:
    """Yields sentences for the user who starts the job. whole: whether the folder is sent with the script."""
    script = folder / entry
    if script.suffix == ".py":
        try:
            tree = ast.parse(script.read_bytes())
        except (OSError, SyntaxError, ValueError):
            return
        yield from _imports(script, sorted(set(_imported(tree))), whole=whole)
        yield from _home_paths(script, tree)
    if whole:
        yield from _requirements(folder / "requirements.txt")


def _imported(tree: ast.AST) -> Iterator[str]:
    """Yields the top-level package of each import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def _imports(script: Path, names: list[str], *, whole: bool) -> Iterator[str]:
    for name in names:
        beside = [script.parent / f"{name}.py", script.parent / name]
        there = next((path for path in beside if path.exists()), None)
        if there is not None:
            if not whole:
                yield (
                    f"{script.name} imports {there.name}, which lies beside it and is not sent; send the "
                    f"folder: clary train {script.name} --source-dir {script.parent}"
                )
        elif name not in sys.stdlib_module_names:
            near = _near(name, MODULES.split())
            if near:
                yield f"{script.name} imports {name}; did you mean {near}?"


def _home_paths(script: Path, tree: ast.AST) -> Iterator[str]:
    """Yields a hint for each path in this user's home, which a job cannot see."""
    home = f"{Path.home()}/"
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for text in sorted(texts):
        if text.startswith((home, "~/")):
            yield (
                f"{script.name} names {text}, which a job does not see; send it as a channel, "
                f"--input data={text}, and read it from /opt/ml/input/data/data"
            )


def _requirements(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return
    packages = {name: name for name in PACKAGES.split()}
    spellings = packages | {module.lower(): package for module, package in PACKAGES_OF.items()}
    for line in lines:
        name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line)
        if name:
            plain = name[0].lower().replace("_", "-")
            meant = spellings.get(plain) or spellings.get(_near(plain, spellings) or "")
            if meant and plain not in packages:
                yield f"{path.name} names {name[0]}; did you mean {meant}?"


def _near(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name that this one probably misspells; None for a known name."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=NEAR)
    # A name that contains a known one (torchmetrics) is usually another package, not a misspelling.
    return near[0] if near and name not in known and near[0] not in name else None
