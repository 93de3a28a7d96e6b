"""Real data sets that scikit-learn contains, so that no download is needed; split and scaled with a seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import sklearn.datasets
import torch

VALIDATION_SHARE = 0.2
TEXT_LENGTH, WINDOWS = 32, 800
ALPHABET = "\0 abcdefghijklmnopqrstuvwxyz0123456789.,:-"


class Data(NamedTuple):
    """x: [N, ...], y: [N] classes (int64), or [N, 1] numbers (float32)."""

    x: torch.Tensor
    y: torch.Tensor
    validation_x: torch.Tensor
    validation_y: torch.Tensor


def digits(seed: int, *, scaled: bool = True) -> Data:
    """1,797 images of digits, [N, 1, 8, 8]; unscaled, their values are 0 to 16."""
    bunch = sklearn.datasets.load_digits()
    return split(bunch.images[:, None], bunch.target, seed, scaled=scaled)


def wine(seed: int, *, scaled: bool = True) -> Data:
    """178 wines of three growers, [N, 13]; unscaled, one feature goes to 1,680."""
    bunch = sklearn.datasets.load_wine()
    return split(bunch.data, bunch.target, seed, scaled=scaled)


def cancer(seed: int) -> Data:
    """569 tumours, malignant (0) or benign (1), [N, 30]."""
    bunch = sklearn.datasets.load_breast_cancer()
    return split(bunch.data, bunch.target, seed)


def diabetes(seed: int) -> Data:
    """442 patients, [N, 10], and the progression of their disease, [N, 1], standardized."""
    bunch = sklearn.datasets.load_diabetes()
    progress = (bunch.target - bunch.target.mean()) / bunch.target.std()
    return split(bunch.data, progress[:, None].astype(np.float32), seed)


def patches(seed: int) -> Data:
    """2,000 grey patches of 8 x 8 pixels from two photographs, [N, 64]; the target is the patch itself."""
    random = np.random.default_rng(seed)
    photographs = [image.mean(axis=2) for image in sklearn.datasets.load_sample_images().images]
    found = []
    for number in range(2000):
        image = photographs[number % 2]
        top, left = (random.integers(0, size - 8) for size in image.shape)
        found.append(image[top : top + 8, left : left + 8].ravel())
    whole = np.array(found, np.float32)
    data = split((whole - whole.mean()) / whole.std(), np.zeros(len(whole), int), seed, scaled=False)
    return data._replace(y=data.x, validation_y=data.validation_x)


def text(seed: int) -> Data:
    """3,200 windows of 32 characters, [N, 32], from the descriptions of four data sets, the classes."""
    names = ("iris", "wine", "breast_cancer", "linnerud")
    random = np.random.default_rng(seed)
    windows, classes = [], []
    for number, name in enumerate(names):
        letters = getattr(sklearn.datasets, f"load_{name}")().DESCR.lower()
        coded = np.array([ALPHABET.find(letter) for letter in letters])
        coded = coded[coded > 0]
        starts = random.integers(0, coded.size - TEXT_LENGTH, WINDOWS)
        windows += [coded[start : start + TEXT_LENGTH] for start in starts]
        classes += [number] * len(starts)
    data = split(np.array(windows), np.array(classes), seed, scaled=False)
    return data._replace(x=data.x.long(), validation_x=data.validation_x.long())


def split(x: np.ndarray, y: np.ndarray, seed: int, *, scaled: bool = True) -> Data:
    """Shuffles and splits the data. scaled: standardizes each feature of a row, or the image as a whole."""
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = np.asarray(x, np.float32)[order], y[order]
    cut = int(len(x) * (1 - VALIDATION_SHARE))
    if scaled:
        # Scale an image as a whole: the values of pixels at its border hardly vary.
        axis = None if x.ndim > 2 else 0
        x = (x - x[:cut].mean(axis=axis)) / x[:cut].std(axis=axis)
    tensors = (torch.from_numpy(np.ascontiguousarray(part)) for part in (x[:cut], y[:cut], x[cut:], y[cut:]))
    return Data(*tensors)
