"""What a chart shows of one tensor at one step: statistics, quantiles, a histogram, or the few values."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
BINS = 256
SAMPLE = 1 << 17
"""Quantiles and the histogram of a larger tensor are those of so many of its values, evenly taken."""

AT_ONCE = 1 << 20
FEW = 16
MOST_TEXTS, LONGEST_TEXT = 32, 200


class Digest(NamedTuple):
    """counts: of BINS bins from low to high, of the finite values; empty without any.

    quantiles: at QUANTILES. values: of a tensor with at most FEW numbers. texts: of a tensor of texts.
    Statistics that nothing is known of are NaN.
    """

    shape: tuple[int, ...]
    dtype: str
    low: float = math.nan
    high: float = math.nan
    mean: float = math.nan
    deviation: float = math.nan
    nan: int = 0
    infinite: int = 0
    zeros: int = 0
    size: int = 0
    quantiles: tuple[float, ...] = ()
    counts: Any = None
    values: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()


def digest(array: Any) -> Digest:
    """array: any shape; numbers, truth values or texts."""
    shape, dtype = tuple(int(size) for size in array.shape), array.dtype.name
    flat = array.reshape(-1)
    if array.dtype.kind not in "fiubc":
        texts = tuple(str(text)[:LONGEST_TEXT] for text in flat[:MOST_TEXTS])
        return Digest(shape, "text", size=flat.size, texts=texts)
    with np.errstate(all="ignore"):
        low, high, mean, deviation, nan, infinite, zeros = _statistics(flat)
        sample = _numbers(flat[:: max(1, -(-flat.size // SAMPLE))])
        sample = sample[np.isfinite(sample)]
        quantiles = tuple(map(float, np.quantile(sample, QUANTILES))) if sample.size else ()
        values = tuple(map(float, _numbers(flat))) if flat.size <= FEW else ()
        counts = _histogram(sample, low, high) if sample.size else None
    return Digest(
        shape, dtype, low, high, mean, deviation, nan, infinite, zeros, flat.size, quantiles, counts, values
    )


def of_reductions(shape: tuple[int, ...], reductions: dict[str, float]) -> Digest:
    """Of a tensor of which only reductions were saved, by their names."""
    variance = reductions.get("variance", math.nan)
    return Digest(
        shape,
        "",
        low=reductions.get("min", math.nan),
        high=reductions.get("max", math.nan),
        mean=reductions.get("mean", math.nan),
        deviation=reductions.get("std", math.sqrt(variance) if variance >= 0 else math.nan),
    )


def rebinned(found: Digest, edges: Any) -> Any:
    """The counts in other bins; what lies beyond them is in the first and the last. edges: increasing."""
    bins = len(edges) - 1
    if found.counts is None:
        return np.zeros(bins)
    if len(found.counts) == 1:
        at = int(np.clip(np.searchsorted(edges, found.low, side="right") - 1, 0, bins - 1))
        return np.bincount([at], weights=[float(found.counts.sum())], minlength=bins)
    own = np.linspace(found.low, found.high, BINS + 1)
    below = np.interp(edges, own, np.concatenate(([0.0], np.cumsum(found.counts))))
    below[0], below[-1] = 0.0, float(found.counts.sum())
    return np.diff(below)


def _statistics(flat: Any) -> tuple[float, float, float, float, int, int, int]:
    low, high, total, squares = math.inf, -math.inf, 0.0, 0.0
    nan = infinite = zeros = count = 0
    origin: float | None = None
    for start in range(0, flat.size, AT_ONCE):
        part = _numbers(flat[start : start + AT_ONCE])
        finite = np.isfinite(part)
        if not finite.all():
            nan += int(np.isnan(part).sum())
            infinite += int(np.isinf(part).sum())
            part = part[finite]
        if not part.size:
            continue
        # Squares of the distance to one value: those of large, near values would cancel each other out.
        origin = float(part[0]) if origin is None else origin
        low, high = min(low, float(part.min())), max(high, float(part.max()))
        zeros += part.size - int(np.count_nonzero(part))
        count += part.size
        part = part - origin
        total += float(part.sum())
        squares += float(part.dot(part))
    if origin is None:
        return math.nan, math.nan, math.nan, math.nan, nan, infinite, zeros
    variance = max(0.0, squares / count - (total / count) ** 2)
    return low, high, origin + total / count, math.sqrt(variance), nan, infinite, zeros


def _numbers(part: Any) -> Any:
    return (np.abs(part) if part.dtype.kind == "c" else part).astype(np.float64)


def _histogram(sample: Any, low: float, high: float) -> Any:
    if not high > low or not math.isfinite(high - low):
        return np.array([sample.size], np.uint32)
    return np.histogram(sample, BINS, range=(low, high))[0].astype(np.uint32)
